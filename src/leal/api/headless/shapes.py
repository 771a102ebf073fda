"""The Headless contract's JSON Schemas, by the name of the operation.

They are kept as data beside this file: the published ones, and what leal adds to them, operations
and errors. References point to where OpenAPI keeps its schemas.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

import msgspec

from leal.api.openapi import SCHEMAS, Shapes
from leal.api.samples import Schema

_REFUSED: Final = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadlessShapes:
    """`schemas` by component name, and what each operation of the contract reads and answers.

    `placed` are the operations that ask from which channel, language and country a call comes.
    """

    schemas: Mapping[str, Schema]
    operations: Mapping[str, Shapes]
    placed: frozenset[str]


def load() -> HeadlessShapes:
    """Read the contract from the package: some 180 KB, so once a process is enough."""
    published, added = _read("shapes.json"), _read("additions.json")
    contract = {**published.operations, **added.operations}
    return HeadlessShapes(
        schemas={**published.defs, **added.defs},
        operations={
            name: Shapes(
                request=each.request,
                responses=_with_errors(each.responses, added.errors.get(name, ())),
            )
            for name, each in contract.items()
        },
        placed=frozenset(name for name, each in contract.items() if each.query is not None),
    )


Responses = dict[int, Schema | None]


def _read(name: str) -> "_File":
    text = (resources.files(__package__) / name).read_text(encoding="utf-8")
    return msgspec.json.decode(text.replace('"#/$defs/', f'"{SCHEMAS}'), type=_File)


def _with_errors(responses: Mapping[int, Schema | None], names: Sequence[str]) -> Responses:
    """The same, with further things that may be wrong with what is well formed."""
    if not names:
        return dict(responses)
    match responses[_REFUSED]:
        case {"properties": {"error": {"anyOf": list(known)}}}:
            errors = [*known, *({"$ref": f"{SCHEMAS}{name}"} for name in names)]
        case _:
            msg = f"nothing to add {names} to"
            raise ValueError(msg)
    refused: Schema = {
        "type": "object",
        "properties": {"error": {"anyOf": errors}},
        "required": ["error"],
    }
    return {**responses, _REFUSED: refused}


class _Contract(msgspec.Struct):
    request: dict[str, object] | None
    responses: dict[int, dict[str, object] | None]
    query: dict[str, object] | None


class _File(msgspec.Struct):
    operations: dict[str, _Contract]
    defs: dict[str, dict[str, object]] = msgspec.field(name="$defs")
    errors: dict[str, list[str]] = {}
