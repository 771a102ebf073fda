"""The Headless contract's JSON Schemas, by the name of the operation.

They are kept as data beside this file; references point to where OpenAPI keeps its schemas.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import msgspec

from leal.api.openapi import SCHEMAS, Shapes
from leal.api.samples import Schema


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
    text = (resources.files(__package__) / "shapes.json").read_text(encoding="utf-8")
    read = msgspec.json.decode(text.replace('"#/$defs/', f'"{SCHEMAS}'), type=_File)
    return HeadlessShapes(
        schemas=read.defs,
        operations={
            name: Shapes(request=each.request, responses=each.responses)
            for name, each in read.operations.items()
        },
        placed=frozenset(name for name, each in read.operations.items() if each.query is not None),
    )


class _Contract(msgspec.Struct):
    request: dict[str, object] | None
    responses: dict[int, dict[str, object] | None]
    query: dict[str, object] | None


class _File(msgspec.Struct):
    operations: dict[str, _Contract]
    defs: dict[str, dict[str, object]] = msgspec.field(name="$defs")
