"""What of a network is varied: the strengths of its one argument, or arguments by name, each a variant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ridgepath.builders import Builder
from ridgepath.errors import InputError
from ridgepath.penalties import AUTO, asked_strengths, read_strengths
from ridgepath.study import Variant

Vary = Mapping[str, str | Sequence[object]]
"""Argument of a network builder → its strengths, as text or as numbers."""

STRENGTHS = (0.0, 0.0001, 0.001, 0.01)
"""The strengths of a study whose user names none."""

COMPARED: Vary = {
    "l1": (0.00001, 0.0001, 0.001),
    "l2": (0.0001, 0.001, 0.01),
    "dropout": (0.1, 0.3, 0.5),
    "weight_decay": (0.1, 0.3, 1.0),
}
"""The penalties that ``ridgepath compare`` knows by the names of arguments, and their strengths besides 0."""


def asked_variants(
    builder: Builder, *, strengths: str | Iterable[object] | None, vary: Vary | None, zero: bool = True
) -> tuple[Variant, ...] | None:
    """Return the variants that a study is asked for; ``None`` for strengths that are to be found.

    Args:
        strengths: of the builder's first argument, or ``"auto"``; by default :data:`STRENGTHS`.
        vary: arguments by name, instead.
        zero: whether strength 0 is added in each variant.

    Raises:
        InputError: both are given, a strength is not allowed, or the builder has no such argument.
    """
    if vary is None:
        found = asked_strengths(STRENGTHS if strengths is None else strengths, zero=zero)
        return None if found is None else (Variant(builder.parameter, found),)
    if strengths is not None:
        remedy = "Leave --strengths out, and name the first argument as the others."
        raise InputError("strengths or arguments to vary, not both", received="both", remedy=remedy)
    _check_vary(builder, vary)
    return tuple(Variant(name, _strengths(name, given, zero=zero)) for name, given in vary.items())


def added_variants(
    builder: Builder, here: Sequence[Variant], *, strengths: str | Iterable[object] | None, vary: Vary | None
) -> tuple[Variant, ...]:
    """Return the variants of a study with more strengths, or more variants; one that is new gets 0, too.

    Args:
        here: the variants of the study.
        strengths: to add to its only variant.
        vary: what to add by name.

    Raises:
        InputError: a strength is not allowed, the builder has no such argument, or the only variant is none.
    """
    found = {variant.name: set(variant.strengths) for variant in here}
    if strengths is not None:
        if len(here) > 1:
            remedy = f"Say to which by --vary, such as --vary {here[0].name}=0.1."
            raise InputError(
                "strengths for a study of one variant", received=f"one of {', '.join(found)}", remedy=remedy
            )
        found[here[0].name].update(read_strengths(strengths, zero=False))
    if vary is not None:
        _check_vary(builder, vary)
        for name, given in vary.items():
            added = _strengths(name, given, zero=name not in found)
            found[name] = {*found.get(name, ()), *added}
    return tuple(Variant(name, tuple(sorted(values))) for name, values in found.items())


def parse_vary(texts: Iterable[str]) -> dict[str, str]:
    """Read arguments to vary as the command line writes them: ``NAME=LIST`` or ``NAME=LOW:HIGH:N`` each.

    Raises:
        InputError: one is not of this form, or a name is there twice.
    """
    vary: dict[str, str] = {}
    for text in texts:
        name, sign, strengths = text.partition("=")
        if not sign or not name.isidentifier():
            remedy = "Write, for example, --vary l2=0,1e-4,1e-3 or --vary l2=1e-5:1e-2:7."
            raise InputError("what to vary is NAME=LIST or NAME=LOW:HIGH:N", received=repr(text), remedy=remedy)
        if name in vary:
            raise InputError(
                "arguments to vary must differ", received=f"{name} twice", remedy="Put all its strengths in one list."
            )
        vary[name] = strengths
    return vary


def compared_arguments(builder: Builder, names: Sequence[str], vary: Vary) -> dict[str, str | Sequence[object]]:
    """Return the arguments of a network to compare, with their strengths.

    Args:
        names: the arguments; by default all whose name is that of a penalty in :data:`COMPARED`.
        vary: strengths by name, instead of those of :data:`COMPARED`, or of further arguments.

    Raises:
        InputError: there is nothing to compare, the builder has no such argument, no strengths are known for one, or
            one is there twice.
    """
    if len(set(names)) < len(names):
        raise InputError("penalties must differ", received=" ".join(names), remedy="Name each once.")
    known = [name for name in COMPARED if name in builder.arguments]
    compared = tuple(dict.fromkeys((*(names or known), *vary)))
    call = f"{builder.card.name}({', '.join(builder.arguments)})"
    if not compared:
        remedy = "Call its arguments so, or give names and strengths, such as --vary penalty=1e-4,1e-3."
        raise InputError(f"a network with an argument out of {', '.join(COMPARED)}", received=call, remedy=remedy)
    _check_arguments(builder, compared)
    for name in compared:
        if name not in vary and name not in COMPARED:
            remedy = f"Give them, such as --vary {name}=0.1,1."
            raise InputError(f"strengths for {name} of {call}", received="none", remedy=remedy)
    return {name: vary[name] if name in vary else COMPARED[name] for name in compared}


def _check_vary(builder: Builder, vary: Vary) -> None:
    if not isinstance(vary, Mapping) or not vary:
        remedy = "Give them by name, such as {'l2': [0, 1e-4, 1e-3]}."
        raise InputError("arguments to vary, one at least", received=repr(vary), remedy=remedy)
    _check_arguments(builder, vary)


def _check_arguments(builder: Builder, names: Iterable[str]) -> None:
    """Check that a builder can be called with each of these arguments alone, as far as its arguments are known."""
    function = builder.card.name
    for name in names:
        if builder.arguments and name not in builder.arguments:
            remedy = f"Choose one of them, or add {name} to the function."
            raise InputError(
                f"an argument of {function}({', '.join(builder.arguments)}) to vary", received=name, remedy=remedy
            )
        others = [each for each in builder.required if each != name]
        if others:
            raise InputError(
                f"a default for every argument of {function} but {name}, which is varied alone",
                received=f"none for {', '.join(others)}",
                remedy=f"Write {others[0]}=0.0 in its definition.",
            )


def _strengths(name: str, given: str | Sequence[object], *, zero: bool) -> tuple[float, ...]:
    if isinstance(given, str) and given == AUTO:
        remedy = "Give numbers; ridgepath run --strengths auto finds those of a network with one argument."
        raise InputError("strengths of an argument by name are numbers", received=f"{name}=auto", remedy=remedy)
    return read_strengths(given, zero=zero)
