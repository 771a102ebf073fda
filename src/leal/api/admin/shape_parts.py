"""What the Admin API's JSON Schemas are put together from."""

from typing import Final

from leal.api.samples import Schema


def whole(properties: dict[str, Schema], *optional: str) -> Schema:
    """An object of exactly these members; the `optional` ones may be absent."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def of(schema: Schema, *kinds: str) -> Schema:
    """The schema, with other types allowed beside its own."""
    return {**schema, "type": [schema["type"], *kinds]}


def nullable(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def enum(*values: str) -> Schema:
    """One of these strings."""
    return {"type": "string", "enum": list(values)}


INTEGER: Final[Schema] = {"type": "integer"}
ID: Final[Schema] = {"type": "integer", "minimum": 1}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
STRING: Final[Schema] = {"type": "string"}
BOOLEAN: Final[Schema] = {"type": "boolean"}
NULL: Final[Schema] = {"type": "null"}
ANYTHING: Final[Schema] = {"type": "object", "additionalProperties": True}
OPTIONAL_STRING: Final = of(STRING, "null")
OPTIONAL_ID: Final = of(ID, "null")
OPTIONAL_COUNT: Final = of(COUNT, "null")
OPTIONAL_NUMBER: Final[Schema] = {"type": ["number", "null"], "minimum": 0}
TIME: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
    "example": "2025-06-01T15:00:00.000Z",
}
DAY: Final[Schema] = {
    "type": "string",
    "format": "date",
    "pattern": r"^\d{4}-\d\d-\d\d$",
    "example": "1990-05-17",
}

CURSOR: Final = whole({"prev": OPTIONAL_STRING, "next": OPTIONAL_STRING})
BALANCES: Final[dict[str, Schema]] = {
    "points_pending": COUNT,
    "points_approved": INTEGER,
    "points_spent": COUNT,
}
SUMMARY: Final = whole({"id": ID, "merchant_id": STRING, "email": OPTIONAL_STRING, **BALANCES})
ERROR: Final = whole(
    {
        "error": whole(
            {
                "code": {"type": "string", "description": "For programs to tell errors apart"},
                "message": {"type": "string", "description": "For people; may change"},
                "details": {
                    "type": "object",
                    "description": "What is wrong, by the dotted name of the field",
                    "additionalProperties": {"type": "string"},
                },
            },
            "code",
            "details",
        )
    }
)


def page(name: str, item: Schema) -> Schema:
    """A page of a list, with the cursors of the pages beside it."""
    return whole({name: {"type": "array", "items": item}, "cursor": CURSOR})
