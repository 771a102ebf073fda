"""The contract's wire shapes as a judge: is this the answer the original would have given?

Successes are held to the letter: a key that the contract does not name fails as a missing one does.
Failures may say more than they must (a message beside a code), never less.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

_PATH = Path(__file__).with_name("headless-2025-06.schema.json")
_ADDED = Path(__file__).with_name("headless-additions.schema.json")
_OUTSIDE_THE_CONTRACT: dict[str, object] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string", "minLength": 1},
                "details": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "required": ["message"],
            "additionalProperties": False,
        }
    },
    "required": ["error"],
    "additionalProperties": False,
}
"""What a failure looks like where the contract lists no body for the operation and status."""


def check(operation: str, status: int, body: object) -> None:
    """Fail unless `body` is an answer of the operation with this status."""
    error = best_match(_validator(operation, status).iter_errors(body))
    if error is not None:
        at = "/".join(map(str, error.absolute_path)) or "the whole"
        msg = f"{operation} {status}: {at}: {error.message[:600]}"
        raise AssertionError(msg)


def check_shape(name: str, value: object) -> None:
    """Fail unless `value` is one of the contract's named shapes, to the letter."""
    schema = {"$ref": f"#/$defs/{name}", "$defs": _closed_shapes()}
    error = best_match(Draft202012Validator(schema).iter_errors(value))
    assert error is None, f"{name}: {error and error.message[:600]}"


def route(operation: str) -> tuple[str, str]:
    """The method and the path of an operation, with `{site_id}` and perhaps `{merchant_id}`."""
    found = _contract()["operations"][operation]
    return found["method"], found["path"]


def operations() -> tuple[str, ...]:
    """Every operation of the contract, leal's own among them."""
    return tuple(_contract()["operations"])


def statuses(operation: str) -> tuple[int, ...]:
    """The statuses that an operation is documented to answer with."""
    return tuple(map(int, _contract()["operations"][operation]["responses"]))


def refusals(operation: str) -> tuple[str, ...]:
    """The codes that an operation is documented to refuse with."""
    refused = _contract()["operations"][operation]["responses"].get("422")
    if refused is None:
        return ()
    error = refused["properties"]["error"]
    shapes = (_resolved(each) for each in error.get("anyOf", [error]))
    named = (each["properties"].get("code") for each in shapes)
    return tuple(each["const"] for each in named if each is not None)


def kinds(shape: str, part: str) -> frozenset[str]:
    """The kinds that a list in a shape may hold, such as the rules of SiteConfiguration."""
    shapes = _contract()["$defs"]
    options = shapes[shape]["properties"][part]["items"]["anyOf"]
    names = [option["$ref"].rpartition("/")[2] for option in options]
    return frozenset(shapes[name]["properties"]["kind"]["const"] for name in names)


@lru_cache(maxsize=1)
def _contract() -> dict[str, Any]:
    """The published shapes, with leal's own operations and errors beside them."""
    read: dict[str, Any] = json.loads(_PATH.read_text())
    added = json.loads(_ADDED.read_text())
    read["$defs"].update(added["$defs"])
    read["operations"].update(added["operations"])
    for operation, names in added["errors"].items():
        refused = read["operations"][operation]["responses"]["422"]
        refused["properties"]["error"]["anyOf"] += [{"$ref": f"#/$defs/{name}"} for name in names]
    return read


@lru_cache(maxsize=1)
def _closed_shapes() -> Any:
    return _closed(_contract()["$defs"])


@lru_cache(maxsize=256)
def _validator(operation: str, status: int) -> Draft202012Validator:
    succeeded = status < 400
    listed = _contract()["operations"][operation]["responses"].get(str(status))
    if listed is None:
        assert not succeeded, f"{operation} never answers {status}"
        return Draft202012Validator(_OUTSIDE_THE_CONTRACT)
    shapes = _closed_shapes() if succeeded else _contract()["$defs"]
    return Draft202012Validator({**(_closed(listed) if succeeded else listed), "$defs": shapes})


def _closed(schema: Any) -> Any:
    """The same schema, with objects that hold nothing but what is named, and choices by name."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return _chosen(closed) if closed.keys() == {"anyOf"} else closed


def _chosen(schema: Any) -> Any:
    """A choice between kinds looks only at the one that is named: faster, clearer when wrong."""
    options = schema["anyOf"]
    for tag in ("kind", "mode", "state", "fulfillment_type"):
        names = [_properties(option).get(tag, {}).get("const") for option in options]
        if None not in names and len(set(names)) == len(names):
            return {
                "type": "object",
                "required": [tag],
                "properties": {tag: {"enum": names}},
                "allOf": [
                    {"if": {"properties": {tag: {"const": name}}}, "then": option}
                    for name, option in zip(names, options, strict=True)
                ],
            }
    return schema


def _properties(option: Any) -> Any:
    return _resolved(option).get("properties", {})


def _resolved(option: Any) -> Any:
    if "$ref" in option:
        option = _contract()["$defs"][option["$ref"].rpartition("/")[2]]
    return option
