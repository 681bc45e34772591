"""Values out of a file, held to the types of the dataclass that they fill."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def check_types(value: object, hint: Any, *, name: str) -> None:
    """Check that a value has a type, and all that it holds theirs; a whole number is a float, too.

    Args:
        hint: a class, dataclass, tuple or union of these, as an annotation writes it.
        name: how the value is called.

    Raises:
        TypeError: it has another type; the text says where.
    """
    if is_dataclass(hint):
        _check_is(value, hint, name)
        hints = get_type_hints(hint)
        for each in fields(hint):
            check_types(getattr(value, each.name), hints[each.name], name=f"{name}.{each.name}")
    elif get_origin(hint) is tuple:
        _check_is(value, tuple, name)
        _check_members(value, get_args(hint), name)
    elif get_origin(hint) in (Union, UnionType):
        chosen = type(None) if value is None else next(each for each in get_args(hint) if each is not type(None))
        check_types(value, chosen, name=name)
    else:
        _check_is(value, (int, float) if hint is float else hint, name)


def _check_members(values: Any, hints: tuple[Any, ...], name: str) -> None:
    each_its_own = hints if hints[-1] is not Ellipsis else hints[:1] * len(values)
    if len(values) != len(each_its_own):
        raise TypeError(f"{name} has {len(values)} members, not {len(each_its_own)}")
    for value, hint in zip(values, each_its_own, strict=True):
        check_types(value, hint, name=name)


def _check_is(value: object, kind: Any, name: str) -> None:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{name} is a {type(value).__name__}")
