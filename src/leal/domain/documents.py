"""Plain documents (JSON, YAML) to typed values and back, driven by type hints.

The types are frozen dataclasses. A field may be bool, int, str, `Decimal`, `date`, a `StrEnum`,
`Text`, another dataclass, `T | None`, `tuple[T, ...]`, `Mapping[str, T]`, or a union of
dataclasses; `Annotated` adds constraints. The members of a union carry a class variable TAG (the
key) and KIND (its word); members without TAG are told apart by their first field.
"""

import dataclasses
import types
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import (
    Annotated,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from leal.domain.document_problems import DocumentError, Problem
from leal.domain.document_scalars import (
    BoolShape,
    DateShape,
    DecimalShape,
    EnumShape,
    IntShape,
    Place,
    Shape,
    StringShape,
    TextShape,
)
from leal.domain.document_shapes import (
    Field,
    MappingShape,
    OptionalShape,
    RecordShape,
    TaggedShape,
    TupleShape,
    UntaggedShape,
    constrained,
)
from leal.domain.texts import EVERY_LANGUAGE, Text

__all__ = ["DocumentError", "Json", "Problem", "decode", "encode", "leaves"]

T = TypeVar("T")

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"
"""A document without floats: decimal numbers are written as strings, to stay exact."""

MAX_DEPTH = 32
MAX_VALUES = 200_000


def decode(kind: type[T], value: object) -> T:
    """Read a plain document as this dataclass.

    Raises DocumentError with every problem found, each with its path and what would be right.
    """
    place = Place()
    _refuse_excess(value, place)
    if not place.problems:
        read = _shape(kind).read(value, place)
        if not place.problems:
            return cast("T", read)
    raise DocumentError(tuple(place.problems))


def encode(value: object) -> Json:
    """Write a typed value as a plain document that `decode` reads back as an equal value.

    Defaults are written out, so that a stored document keeps its meaning when a default changes;
    only absent and empty things are left out.
    """
    match value:
        case StrEnum():
            return value.value
        case None | bool() | int() | str():
            return value
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case Text():
            return _encode_text(value)
        case tuple():
            return [encode(entry) for entry in value]
        case Mapping():
            return {str(key): encode(entry) for key, entry in value.items()}
        case _:
            return _encode_record(value)


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Walk through a typed value: every part that is not itself made of parts, with its path."""
    match value:
        case Text():
            yield path, value
        case tuple():
            for number, entry in enumerate(value):
                yield from leaves(entry, f"{path}[{number}]")
        case Mapping():
            for key, entry in value.items():
                yield from leaves(entry, f"{path}.{key}")
        case _ if dataclasses.is_dataclass(value):
            for each in _written_fields(type(value)):
                here = f"{path}.{each.name}" if path else each.name
                yield from leaves(getattr(value, each.name), here)
        case _:
            yield path, value


def _refuse_excess(value: object, place: Place) -> None:
    """Refuse documents that nest or grow beyond reason, YAML aliases included."""
    left = MAX_VALUES
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        left -= 1
        if depth > MAX_DEPTH:
            place.refuse("the document nests too deeply", f"at most {MAX_DEPTH} levels")
            return
        if left < 0:
            place.refuse("the document is too large", f"at most {MAX_VALUES} values")
            return
        if isinstance(part, Mapping):
            waiting.extend((inner, depth + 1) for inner in part.values())
        elif isinstance(part, list | tuple):
            waiting.extend((inner, depth + 1) for inner in part)


def _encode_text(text: Text) -> Json:
    if not text.languages:
        return text.in_(EVERY_LANGUAGE)
    return {language: words for language, words in text.entries}  # noqa: C416 -- dict() types it narrower


def _encode_record(value: object) -> Json:
    kind = type(value)
    record: dict[str, Json] = {}
    if tag := _tag(kind):
        record[tag] = _kind(kind)
    for each in _written_fields(kind):
        part = getattr(value, each.name)
        if part != _default(each) or part not in _NOTHING:
            record[each.name] = encode(part)
    return record


def _find_fields(kind: object) -> "tuple[dataclasses.Field[object], ...]":
    if not isinstance(kind, type) or not dataclasses.is_dataclass(kind):
        raise TypeError(f"{kind!r} cannot be part of a document")
    return tuple(each for each in dataclasses.fields(kind) if each.init)


def _default(each: "dataclasses.Field[object]") -> object:
    if each.default_factory is not dataclasses.MISSING:
        return each.default_factory()
    return each.default


def _make_shape(hint: object) -> Shape:
    """Find the shape for a type hint; a hint that no document can hold is a bug."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return constrained(_shape(arguments[0]), arguments[1:])
    if origin in {Union, types.UnionType}:
        return _union(arguments)
    if origin is tuple:
        return TupleShape(_shape(arguments[0]))
    if origin is Mapping:
        return MappingShape(_shape(arguments[0]), _shape(arguments[1]))
    if isinstance(hint, type):
        return _plain(hint)
    raise TypeError(f"{hint!r} cannot be part of a document")


def _plain(kind: type[object]) -> Shape:
    if kind in _SCALARS:
        return _SCALARS[kind]
    if issubclass(kind, StrEnum):
        return EnumShape(kind)
    return _record(kind)


def _make_record(kind: object) -> RecordShape:
    if not isinstance(kind, type):
        raise TypeError(f"{kind!r} cannot be part of a document")
    hints = get_type_hints(kind, include_extras=True)
    fields = tuple(
        Field(
            name=each.name,
            shape=_shape(hints[each.name]),
            required=_default(each) is dataclasses.MISSING,
        )
        for each in _written_fields(kind)
    )
    tag = _tag(kind)
    return RecordShape(kind, fields, tag, _kind(kind) if tag else None)


def _union(arguments: tuple[object, ...]) -> Shape:
    members = [one for one in arguments if one is not type(None)]
    inner = _shape(members[0]) if len(members) == 1 else _records(members)
    return inner if len(members) == len(arguments) else OptionalShape(inner)


def _records(members: list[object]) -> Shape:
    records = [_record(member) for member in members]
    tag = records[0].tag
    if tag is None:
        return UntaggedShape({record.fields[0].name: record for record in records})
    return TaggedShape(tag, {str(record.kind): record for record in records})


def _tag(kind: type[object]) -> str | None:
    tag = getattr(kind, "TAG", None)
    return None if tag is None else str(tag)


def _kind(kind: type[object]) -> str:
    return str(getattr(kind, "KIND"))  # noqa: B009 -- the type does not promise the attribute


_SCALARS: Mapping[type[object], Shape] = types.MappingProxyType(
    {
        str: StringShape(),
        bool: BoolShape(),
        int: IntShape(),
        Decimal: DecimalShape(),
        date: DateShape(),
        Text: TextShape(),
    }
)
_NOTHING: tuple[object, ...] = (None, (), {})

# Type hints never change, so each is looked into once.
_shape: Callable[[object], Shape] = cache(_make_shape)
_record: Callable[[object], RecordShape] = cache(_make_record)
_written_fields: "Callable[[object], tuple[dataclasses.Field[object], ...]]" = cache(_find_fields)
