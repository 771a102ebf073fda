"""The pieces that the schemas of leal's own API are made of."""

from typing import Final

from leal.api.samples import Schema


def whole(properties: dict[str, Schema]) -> Schema:
    """An object with all of these members and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def listed(item: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": item}


def enum(*values: str | None) -> Schema:
    """One of these values."""
    return {"enum": list(values)}


def nullable(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def or_null(schema: Schema) -> Schema:
    """The same for a schema of one type."""
    return {**schema, "type": [schema["type"], "null"]}


INTEGER: Final[Schema] = {"type": "integer"}
ID: Final[Schema] = {"type": "integer", "minimum": 1}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
STRING: Final[Schema] = {"type": "string"}
TIME: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
    "example": "2025-06-01T15:00:00.000Z",
}
DAY: Final[Schema] = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}
MONEY: Final[Schema] = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "example": "20.00"}
