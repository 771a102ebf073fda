"""Shapes are read as people would say them."""

import pytest

from leal.web.nodes import Node
from leal.web.trees import MAX_DEPTH, Tree, tree


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["number", "null"]}, "number or null"),
        ({"type": "null"}, "null"),
        ({"type": "string", "format": "date-time"}, "string (date-time)"),
        ({"const": "enrolled"}, '"enrolled"'),
        ({"const": 3}, "3"),
        ({"enum": ["web", "pos"]}, '"web" | "pos"'),
        ({"type": "array", "items": {"type": "string"}}, "array of string"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, 'array of ("a" | "b")'),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "map of string"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"oneOf": [{"type": "string"}, {"type": "number"}]}, "string | number"),
        ({"type": ["object", "null"], "properties": {}}, "object or null"),
        ({"$ref": "#/components/schemas/Name"}, "string"),
        ({}, "anything"),
    ],
)
def test_kinds_are_told_in_words(schema: Node, kind: str) -> None:
    assert tree(schema, {"Name": {"type": "string"}}).kind == kind


def test_fields_keep_their_order_and_say_whether_they_are_required() -> None:
    schema = {
        "properties": {"b": {"type": "string", "description": "Bee"}, "a": {"type": "number"}},
        "required": ["a"],
    }
    fields = tree(schema, {}).fields
    assert [(each.name, each.required, each.meaning) for each in fields] == [
        ("b", False, "Bee"),
        ("a", True, ""),
    ]


def test_variants_are_named_by_what_tells_them_apart() -> None:
    gift = {"type": "object", "properties": {"kind": {"const": "gift"}, "id": {"type": "number"}}}
    schema = {"anyOf": [{"$ref": "#/x/Gift"}, {"$ref": "#/x/Bare"}, {"type": "null"}]}
    bare = {"type": "object", "properties": {"id": {"type": "number"}}}
    shape = tree(schema, {"Gift": gift, "Bare": bare})
    assert shape.kind == "one of 2 or null"
    assert [each.name for each in shape.variants] == ['kind "gift"', "Bare"]


def test_a_schema_that_contains_itself_ends() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/x/Node"}}}
    shape = tree({"$ref": "#/x/Node"}, {"Node": node})
    assert depth(shape) == MAX_DEPTH
    while shape.fields:
        shape = shape.fields[0].shape
    assert shape.folded == "Node"


def depth(shape: Tree) -> int:
    return 1 + depth(shape.fields[0].shape) if shape.fields else 0
