"""How the compound values of a document are read: lists, mappings, records and unions of them."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from leal.domain.constraints import Constraint
from leal.domain.document_problems import show
from leal.domain.document_scalars import (
    REFUSED,
    DecimalShape,
    IntShape,
    Place,
    Shape,
    StringShape,
    TextShape,
    nearest,
    one_of,
)
from leal.domain.texts import Text


@dataclass(frozen=True, slots=True)
class OptionalShape:
    """Something, or null for nothing."""

    inner: Shape

    @property
    def right(self) -> str:
        """Say what the something is."""
        return self.inner.right

    def read(self, value: object, place: Place) -> object:
        """Accept null as well."""
        return None if value is None else self.inner.read(value, place)


@dataclass(frozen=True, slots=True)
class ConstrainedShape:
    """A value that has to satisfy conditions beyond its type; `right` says type and conditions."""

    inner: Shape
    constraints: tuple[Constraint, ...]
    right: str

    def read(self, value: object, place: Place) -> object:
        """Read as the type, then ask each condition."""
        read = self.inner.read(value, place)
        if read is REFUSED or all(constraint.allows(read) for constraint in self.constraints):
            return read
        return place.refuse(_unfit(read, value), self.right)


def constrained(inner: Shape, constraints: tuple[Constraint, ...]) -> ConstrainedShape:
    """Add conditions to a shape, and tell it to ask for them when even the type is wrong."""
    right = inner.right
    for constraint in constraints:
        right = constraint.describe(right)
    if isinstance(inner, StringShape | IntShape | DecimalShape | TextShape):
        inner = dataclasses.replace(inner, right=right)
    return ConstrainedShape(inner, constraints, right)


@dataclass(frozen=True, slots=True)
class TupleShape:
    """A list of values of one kind."""

    inner: Shape

    @property
    def right(self) -> str:
        """Say what the entries are."""
        return "a list"

    def read(self, value: object, place: Place) -> object:
        """Accept lists; a string is not one."""
        if not isinstance(value, list | tuple):
            return place.refuse(f"{show(value)} is not a list", f"a list of {self.inner.right}")
        read = [self.inner.read(entry, place.item(n)) for n, entry in enumerate(value)]
        return REFUSED if any(entry is REFUSED for entry in read) else tuple(read)


@dataclass(frozen=True, slots=True)
class MappingShape:
    """Values of one kind by key."""

    key: Shape
    inner: Shape

    @property
    def right(self) -> str:
        """Say what is under the keys."""
        return f"a mapping to {self.inner.right}"

    def read(self, value: object, place: Place) -> object:
        """Accept mappings; the result cannot be changed."""
        if not isinstance(value, Mapping):
            return place.refuse(f"{show(value)} is not a mapping", self.right)
        read = {
            self.key.read(key, place.at(key)): self.inner.read(entry, place.at(key))
            for key, entry in value.items()
        }
        if any(part is REFUSED for part in (*read.keys(), *read.values())):
            return REFUSED
        return MappingProxyType(read)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record."""

    name: str
    shape: Shape
    required: bool


@dataclass(frozen=True, slots=True)
class RecordShape:
    """A mapping with known keys, read into a dataclass.

    `tag` and `kind`: the key and word that tell it from the other members of a union; None for a
    record that stands alone.
    """

    record: type[object]
    fields: tuple[Field, ...]
    tag: str | None
    kind: str | None

    @property
    def right(self) -> str:
        """List the keys."""
        return f"a mapping with the keys {', '.join(self._keys())}"

    def read(self, value: object, place: Place) -> object:
        """Accept exactly the known keys, and all that are required."""
        if not isinstance(value, Mapping):
            return place.refuse(f"{show(value)} is not a mapping", self.right)
        before = len(place.problems)
        self._refuse_unknown(value, place)
        self._refuse_other_kind(value, place)
        values = {each.name: _read_field(each, value, place) for each in self.fields}
        if len(place.problems) > before:
            return REFUSED
        return self.record(**{name: read for name, read in values.items() if read is not REFUSED})

    def _keys(self) -> list[str]:
        names = [each.name for each in self.fields]
        return [self.tag, *names] if self.tag else names

    def _refuse_unknown(self, value: Mapping[object, object], place: Place) -> None:
        known = self._keys()
        for key in value:
            if key not in known:
                place.at(key).refuse("this key is not known", nearest(key, known))

    def _refuse_other_kind(self, value: Mapping[object, object], place: Place) -> None:
        if self.tag and self.tag in value and value[self.tag] != self.kind:
            place.at(self.tag).refuse(f"{show(value[self.tag])} is another kind", f"{self.kind}")


@dataclass(frozen=True, slots=True)
class TaggedShape:
    """One of several records, told apart by the word under `tag`."""

    tag: str
    members: Mapping[str, RecordShape]

    @property
    def right(self) -> str:
        """Name the tag and its words."""
        return f"a mapping with the key {self.tag}, {one_of(self.members)}"

    def read(self, value: object, place: Place) -> object:
        """Read as the member that is named."""
        if not isinstance(value, Mapping):
            return place.refuse(f"{show(value)} is not a mapping", self.right)
        if self.tag not in value:
            return place.at(self.tag).refuse("this key is missing", one_of(self.members))
        word = value[self.tag]
        if not isinstance(word, str) or word not in self.members:
            return place.at(self.tag).refuse(
                f"{show(word)} is not one of them", nearest(word, list(self.members))
            )
        return self.members[word].read(value, place)


@dataclass(frozen=True, slots=True)
class UntaggedShape:
    """One of several records, told apart by which one's first key is there."""

    members: Mapping[str, RecordShape]

    @property
    def right(self) -> str:
        """Name the keys."""
        return f"a mapping with one of the keys: {', '.join(self.members)}"

    def read(self, value: object, place: Place) -> object:
        """Read as the one member whose key is there."""
        if not isinstance(value, Mapping):
            return place.refuse(f"{show(value)} is not a mapping", self.right)
        present = [shape for key, shape in self.members.items() if key in value]
        if len(present) != 1:
            wrong = "there is more than one of them" if present else "there is none of them"
            return place.refuse(wrong, self.right)
        return present[0].read(value, place)


def _read_field(each: Field, value: Mapping[object, object], place: Place) -> object:
    if each.name in value:
        return each.shape.read(value[each.name], place.at(each.name))
    if each.required:
        place.at(each.name).refuse("this key is missing", each.shape.right)
    return REFUSED


def _unfit(read: object, value: object) -> str:
    match read:
        case tuple():
            return f"there are {len(read)} of them"
        case Text() if read.languages:
            return "the text in one of the languages is empty or too long"
        case str() if not read.strip():
            return "there is nothing in it"
        case _:
            return f"{show(value)} is not allowed here"
