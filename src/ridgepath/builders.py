"""Where a network comes from: a function in a file, or one that the caller holds.

A file is read here but never run: the workers run it. So the caller's own process needs no Keras, and a
file that is shown or fingerprinted does nothing.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import cloudpickle

from ridgepath.errors import BuilderError
from ridgepath.study import BuilderCard

TASK_NETWORK = "task-network"
"""The name of the built-in builder: the network of the task that ridgepath started from."""

PENALTIES_NETWORK = "penalties-network"
"""The name of another built-in builder: the same network with several penalties."""

BUILT_IN = {
    TASK_NETWORK: f"{Path(__file__).parent / 'training' / 'networks.py'}:task_network",
    PENALTIES_NETWORK: f"{Path(__file__).parent / 'training' / 'comparable.py'}:penalties_network",
}
"""Name of a built-in builder → where it is."""

PARAMETER = "strength"
"""What the argument of a builder is called where its own name is not known."""

Build = Callable[..., Any]
"""A function that takes a strength and returns a compiled Keras model."""

_SIMPLE = (bool, int, float, str, bytes, type(None))


@dataclass(frozen=True)
class Builder:
    """A network builder on its way to the workers.

    Attributes:
        card: what a study remembers of it.
        parameter: the name of the function's first argument, after which a study's variant is called unless the user
            names others.
        payload: the function itself by cloudpickle, or ``None`` when the card's location says it all.
        arguments: the names that it can be called with; empty where they are not known, or any will do.
        required: those of them that have no default.
    """

    card: BuilderCard
    parameter: str
    payload: bytes | None = None
    arguments: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


def find_builder(build: str | Build) -> Builder:
    """Take a builder as ``FILE.py:name`` (the name ``build`` may be left out) or as a function.

    Raises:
        BuilderError: the file is not there, is no Python or has no such function, or ``build`` is no function.
    """
    if isinstance(build, str):
        return _in_file(build)
    if not callable(build):
        raise BuilderError(
            "a network builder is a function that takes a strength and returns a compiled Keras model",
            received=repr(build),
            remedy="Pass the function itself, or FILE.py:build.",
        )
    return _in_memory(build)


def _in_file(location: str) -> Builder:
    path, name = file_and_name(location)
    try:
        text = path.read_text(encoding="utf-8")
        module = ast.parse(text)
    except OSError as error:
        received, remedy = f"{path} ({error.strerror})", "Write FILE.py:build with the path of an existing file."
        raise BuilderError("a file with a network builder", received=received, remedy=remedy) from None
    except (SyntaxError, ValueError) as error:
        raise BuilderError("a Python file", received=f"{path} ({error})", remedy="Mend the file.") from None
    known = _arguments_in_file(module, path, name)
    fingerprint = hashlib.sha256(f"{name}\n{ast.dump(module)}".encode()).hexdigest()
    stored = location if location in BUILT_IN else f"{path.resolve()}:{name}"
    return Builder(BuilderCard(name, stored, text, fingerprint), known.first, None, known.names, known.required)


def file_and_name(location: str) -> tuple[Path, str]:
    """Split ``FILE.py:name`` or the name of a built-in builder into the file and the function's name."""
    path, separator, name = BUILT_IN.get(location, location).rpartition(":")
    if separator and name.isidentifier():
        return Path(path), name
    return Path(location), "build"


def files_of(location: str) -> tuple[Path, list[str]]:
    """Return the folder of a builder's file, and the files in it that its code is in: itself, and what it imports.

    Modules that are found there as Python would find them are followed; a package is taken whole. What is in no file of
    the user's own, as a built-in builder, has no files.
    """
    if location in BUILT_IN:
        return Path(), []
    path, _ = file_and_name(location)
    folder, found, open_ends = path.parent, {path.name}, [path]
    while open_ends:
        for name in _imported(open_ends.pop()):
            beside = [folder / f"{name}.py", *sorted((folder / name).rglob("*.py"))]
            new = [each for each in beside if each.is_file() and str(each.relative_to(folder)) not in found]
            found |= {str(each.relative_to(folder)) for each in new}
            open_ends += new
    return folder, sorted(found)


def _imported(file: Path) -> set[str]:
    """Return the names before the first dot of what a file imports from outside of its package."""
    nodes = list(ast.walk(ast.parse(file.read_bytes())))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in whole | parts}


class _Arguments(NamedTuple):
    """What is known of a function's arguments: the first, all names that it can be called with, those to be given."""

    first: str
    names: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


def _arguments_in_file(module: ast.Module, path: Path, name: str) -> _Arguments:
    """Return the arguments of a function; of one that is imported or assigned they are not known."""
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    if name in functions:
        return _written_arguments(functions[name].args)
    imported = [a.asname or a.name for n in module.body if isinstance(n, ast.ImportFrom | ast.Import) for a in n.names]
    assigned = [t.id for n in module.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)]
    if name in (*imported, *assigned):
        return _Arguments(PARAMETER)
    raise BuilderError(
        f"a function {name}({PARAMETER}) in {path}",
        received=f"a file with {', '.join(functions) or 'no functions'}",
        remedy=f"Define it, or name another one: {path}:NAME.",
    )


def _written_arguments(written: ast.arguments) -> _Arguments:
    placed = [argument.arg for argument in (*written.posonlyargs, *written.args)]
    first = next(iter(placed), PARAMETER)
    if written.kwarg is not None:
        return _Arguments(first)
    keywords = [argument.arg for argument in written.kwonlyargs]
    without = [name for name, default in zip(keywords, written.kw_defaults, strict=True) if default is None]
    names = (*placed[:1], *placed[max(1, len(written.posonlyargs)) :], *keywords)
    return _Arguments(first, names, (*placed[: len(placed) - len(written.defaults)], *without))


def _in_memory(build: Build) -> Builder:
    source = _source(build)
    name = getattr(build, "__name__", type(build).__name__)
    fingerprint = hashlib.sha256("\n".join(_meaning(build, set())).encode()).hexdigest()
    try:
        payload = cloudpickle.dumps(build)
    except Exception as error:
        raise BuilderError(
            "a network builder that can be sent to worker processes",
            received=f"{name}, which cannot ({error})",
            remedy="Create models, files and locks inside the function instead of referring to them.",
        ) from None
    known = _signature_arguments(build)
    return Builder(BuilderCard(name, None, source, fingerprint), known.first, payload, known.names, known.required)


def _signature_arguments(build: Build) -> _Arguments:
    try:
        parameters = list(inspect.signature(build).parameters.values())
    except (TypeError, ValueError):
        return _Arguments(PARAMETER)
    first = parameters[0].name if parameters else PARAMETER
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return _Arguments(first)
    single = [each for each in parameters if each.kind is not each.VAR_POSITIONAL]
    names = [each.name for each in single if each.kind is not each.POSITIONAL_ONLY or each is parameters[0]]
    return _Arguments(first, tuple(names), tuple(each.name for each in single if each.default is each.empty))


def _source(function: Build) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return ""


def _meaning(function: Build, seen: set[int]) -> list[str]:
    """List what decides what a function builds: its code, the plain values it refers to, and its own helpers."""
    if id(function) in seen:
        return []
    seen.add(id(function))
    parts = [_code(function), *(repr(value) for value in _defaults(function) if isinstance(value, _SIMPLE))]
    try:
        variables = inspect.getclosurevars(function)
    except TypeError:
        return parts
    for name, value in sorted({**variables.globals, **variables.nonlocals}.items()):
        if isinstance(value, _SIMPLE) or _is_plain_sequence(value):
            parts.append(f"{name}={value!r}")
        elif inspect.isfunction(value) and value.__module__ == function.__module__:
            parts.extend(_meaning(value, seen))
    return parts


def _defaults(function: Build) -> Iterator[object]:
    """Yield the values of a function's default arguments; its source only shows from what they were made."""
    yield from getattr(function, "__defaults__", None) or ()
    yield from (getattr(function, "__kwdefaults__", None) or {}).values()


def _is_plain_sequence(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, _SIMPLE) for item in value)


def _code(function: Build) -> str:
    """Return a function's code without comments and layout; where its source is not to be had, its byte code."""
    source = _source(function)
    if not source:
        return _byte_code(getattr(function, "__code__", None))
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:  # a lambda in the middle of an expression
        return source


def _byte_code(code: CodeType | None) -> str:
    if code is None:
        return ""
    constants = [_byte_code(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {constants}"
