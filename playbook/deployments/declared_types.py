"""Compare a value with its declared type, as deep as the type says, and say in words what differs.

A library for that would know neither the names of a description's parts nor our words for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    TypeAliasType,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)


def misfit(value: object, hint: Any, place: str) -> str | None:
    """What is wrong with a value of a declared type, in a few words; None if it fits."""
    if isinstance(hint, TypeAliasType):
        return misfit(value, hint.__value__, place)
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any or isinstance(hint, TypeVar):
        return None
    if origin in (Union, UnionType):
        wrong = [misfit(value, one, place) for one in arguments if one is not NoneType]
        if (value is None and NoneType in arguments) or None in wrong:
            return None
        return wrong[0] if wrong else None
    if origin is Literal:
        return None if value in arguments else _unlike(place, f"one of {_listed(arguments)}", value)
    if origin is type:
        fits = isinstance(value, type) and issubclass(value, arguments[0])
        return None if fits else _unlike(place, f"a class of {arguments[0].__name__}", value)
    if origin is Callable:
        return None if callable(value) else _unlike(place, "a function", value)
    kind = origin or hint
    if kind.__name__ in ("Decimal", "float") and type(value) in (int, float):
        return None  # compared by their values
    if not isinstance(value, kind) and not (kind is tuple and isinstance(value, list)):
        return _unlike(place, _in_words(kind), value)
    if kind is str and not value and place.endswith((".collection", ".key", ".kind", ".path")):
        return _unlike(place, "a name", value)
    if kind is tuple and arguments and Ellipsis not in arguments and len(arguments) != len(value):
        return _unlike(place, f"a tuple of {len(arguments)}", value)
    return next(filter(None, (misfit(*part) for part in _parts(value, hint, place))), None)


def _parts(value: object, hint: Any, place: str) -> list[tuple[object, Any, str]]:
    """The parts of a value, each with its declared type and its place."""
    arguments = get_args(hint)
    if isinstance(value, tuple | list):
        if len(arguments) == len(value) and Ellipsis not in arguments:
            hints = arguments
        else:
            hints = (arguments[0] if arguments else Any,) * len(value)
        return [
            (one, of, place_of(place, one, n))
            for n, (one, of) in enumerate(zip(value, hints, strict=True))
        ]
    if isinstance(value, Mapping):
        of = arguments[1] if len(arguments) > 1 else Any
        return [(one, of, f"{place}[{name!r}]") for name, one in value.items()]
    if is_dataclass(value):
        return [
            (getattr(value, one.name), declared, f"{place}.{one.name}")
            for one, declared in declared_fields(value, hint)
        ]
    return []


def _unlike(place: str, wanted: str, found: object) -> str:
    text = " ".join(repr(found).split())
    text = text if len(text) <= 60 else f"{text[:59]}…"
    return f"{place.removeprefix('.')} must be {wanted}, but it is {text}"


def _in_words(kind: type) -> str:
    words: Mapping[type, str] = {str: "a text", tuple: "a tuple", dict: "a dict", bool: "a bool"}
    return words.get(kind, f"of type {kind.__name__}")


def _listed(names: tuple[object, ...]) -> str:
    return ", ".join(map(str, names))


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def declared_fields(value: Any, hint: Any) -> Iterator[tuple[Field[Any], Any]]:
    """The fields of a dataclass with their types, its own type parameters filled in."""
    kind: Any = type(value)
    # Of "Listing[ShownProduct] | None" the part that describes this value.
    own = next((one for one in (hint, *get_args(hint)) if get_origin(one) is kind), None)
    given = dict(zip(getattr(kind, "__type_params__", ()), get_args(own), strict=False))
    for one in fields(value):
        yield one, _filled(_hints(kind)[one.name], given)


def _filled(hint: Any, given: Mapping[Any, Any]) -> Any:
    open_parameters = getattr(hint, "__parameters__", ())
    return hint[tuple(given.get(one, Any) for one in open_parameters)] if open_parameters else hint


def place_of(place: str, value: Any, number: int) -> str:
    """The name of one of several parts: a kind, or a collection, if it has one."""
    return f"{place}[{getattr(value, 'kind', getattr(value, 'collection', number))}]"


def returned_type(hint: Any) -> Any:
    """What a function of a declared type returns; None if the type is no function's."""
    for one in (hint, *get_args(hint)):
        if get_origin(one) is Callable:
            return get_args(one)[-1]
    return None
