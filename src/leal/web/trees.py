"""JSON Schemas as trees that people can read: references followed, variants named."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from leal.web.nodes import Node, array, part, parts, text

MAX_DEPTH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A value's shape.

    `kind` says what it is in words, such as "array of object". It has fields, or variants of
    which one holds, or neither. `folded` names the schema whose inside is left out here.
    """

    kind: str
    fields: tuple["Field", ...] = ()
    variants: tuple["Variant", ...] = ()
    folded: str | None = None

    @property
    def is_leaf(self) -> bool:
        """Whether there is nothing to unfold."""
        return not self.fields and not self.variants


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of an object."""

    name: str
    meaning: str
    required: bool
    shape: Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One of several shapes; `name` is what tells it from the others."""

    name: str
    shape: Tree


def tree(schema: Node, schemas: Mapping[str, Node], *, depth: int = 0) -> Tree:
    """The shape of `schema`, whose references are looked up in `schemas` by their last segment.

    Below `MAX_DEPTH` levels of fields and variants only the names of schemas are told, which
    also ends those that contain themselves.
    """
    match schema:
        case {"$ref": str(ref)}:
            return _followed(ref.rpartition("/")[2], schemas, depth=depth)
        case {"anyOf": list(_)}:
            return _choice(tuple(parts(schema, "anyOf")), schemas, depth=depth)
        case {"oneOf": list(_)}:
            return _choice(tuple(parts(schema, "oneOf")), schemas, depth=depth)
        case {"properties": Mapping() as properties}:
            fields = _fields(properties, schema, schemas, depth=depth + 1)
            return Tree(kind=_nullable(schema, "object"), fields=fields)
        case {"items": Mapping() as inner}:
            return _many("array", tree(inner, schemas, depth=depth), schema)
        case {"additionalProperties": Mapping() as inner}:
            return _many("map", tree(inner, schemas, depth=depth), schema)
        case _:
            return Tree(kind=_plain(schema))


def _followed(name: str, schemas: Mapping[str, Node], *, depth: int) -> Tree:
    target = schemas.get(name, {})
    if depth >= MAX_DEPTH and not _is_plain(target):
        return Tree(kind="object", folded=name)
    return tree(target, schemas, depth=depth)


def _many(of: str, each: Tree, schema: Node) -> Tree:
    kind = f"({each.kind})" if " " in each.kind and not each.variants else each.kind
    return replace(each, kind=_nullable(schema, f"{of} of {kind}"))


def _fields(
    properties: Node, schema: Node, schemas: Mapping[str, Node], *, depth: int
) -> tuple[Field, ...]:
    required = array(schema, "required")
    return tuple(
        Field(
            name=name,
            meaning=text(part(properties, name), "description"),
            required=name in required,
            shape=tree(part(properties, name), schemas, depth=depth),
        )
        for name in properties
    )


def _choice(variants: Sequence[Node], schemas: Mapping[str, Node], *, depth: int) -> Tree:
    others = [each for each in variants if each.get("type") != "null"]
    ending = " or null" if len(others) < len(variants) else ""
    if len(others) == 1:
        only = tree(others[0], schemas, depth=depth)
        return replace(only, kind=f"{only.kind}{ending}")
    shapes = [tree(each, schemas, depth=depth + 1) for each in others]
    if all(shape.is_leaf and shape.folded is None for shape in shapes):
        kinds = dict.fromkeys(shape.kind for shape in shapes)
        return Tree(kind=" | ".join(kinds) + ending)
    named = (
        Variant(name=_name(each, schemas, place), shape=shape)
        for place, (each, shape) in enumerate(zip(others, shapes, strict=True), start=1)
    )
    return Tree(kind=f"one of {len(others)}{ending}", variants=tuple(named))


def _name(variant: Node, schemas: Mapping[str, Node], place: int) -> str:
    """The constants that tell a variant from its neighbours, or else its schema's name."""
    name = text(variant, "$ref").rpartition("/")[2]
    properties = part(schemas.get(name, {}) if name else variant, "properties")
    constants = [
        f"{key} {_literal(part(properties, key)['const'])}"
        for key in properties
        if "const" in part(properties, key)
    ]
    return ", ".join(constants) or name or f"variant {place}"


def _is_plain(schema: Node) -> bool:
    return not schema.keys() & {"properties", "items", "anyOf", "oneOf", "$ref"}


def _nullable(schema: Node, kind: str) -> str:
    return f"{kind} or null" if "null" in array(schema, "type") else kind


def _plain(schema: Node) -> str:
    if "const" in schema:
        return _literal(schema["const"])
    if "enum" in schema:
        return " | ".join(map(_literal, array(schema, "enum")))
    kinds = [str(each) for each in array(schema, "type")] or [text(schema, "type") or "anything"]
    spelled = [each for each in kinds if each != "null"] or ["null"]
    kind = " | ".join(spelled)
    if "format" in schema:
        kind = f"{kind} ({text(schema, 'format')})"
    return _nullable(schema, kind) if spelled != ["null"] else kind


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
