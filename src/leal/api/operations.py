"""An operation of an API: one row of a route table, from which routes and OpenAPI are made."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.routing import Route

from leal.api.http import Handler, endpoint
from leal.usecases.access import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A query parameter; `schema` is its JSON Schema."""

    name: str
    meaning: str
    schema: dict[str, object]
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a method on a path does.

    `name` is the operation's id in its contract; the dialect's shapes are found by it. `scope`
    None means any good credentials. `sessions` tells whether a customer's own session token is
    accepted too. `anywhere`: a call need not say on which channel the shopper is. A caller may ask
    for it `rate` times as often as for everything else together. `csv`: `type=csv` has it answered
    as CSV.
    """

    name: str
    method: str
    path: str
    summary: str
    scope: Scope | None
    query: Sequence[Parameter] = ()
    sessions: bool = False
    anywhere: bool = False
    rate: int = 1
    csv: bool = False


def routes(table: Sequence[tuple[Operation, Handler]]) -> list[Route]:
    """The routes of a table, in its order."""
    return [
        endpoint(operation.path, handler, methods=[operation.method])
        for operation, handler in table
    ]
