"""Reading requests to leal's own API: who asks, about whom, and for which part."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final, TypeVar

import msgspec
from starlette.requests import Request

from leal.api.cursors import Cursors
from leal.api.fields import invalid_option
from leal.api.gate import Gate, require
from leal.api.http import Reply
from leal.api.ids import MAX_JSON_INTEGER, clean_id, decode_id, one, whole_number
from leal.api.operations import Operation, Parameter
from leal.domain.problems import BadRequest, Forbidden
from leal.storage.customer_ids import IdsOf
from leal.storage.explain import Part
from leal.usecases.access import Caller
from leal.usecases.desk import Ask
from leal.usecases.reports import DEFAULT_DAYS, MAX_DAYS, Period

_Option = TypeVar("_Option", bound=StrEnum)

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 100
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 9998


class Form(StrEnum):
    """How a report is written."""

    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An admitted request, and on a customer's path about whom it is."""

    request: Request
    caller: Caller
    merchant_id: str


Serve = Callable[[Call], Awaitable[Reply]]
"""Serves an admitted request."""


async def admit(request: Request, operation: Operation, gate: Gate) -> Call:
    """Checks credentials, rate and scope, in this order."""
    caller = await gate.by_key_or_site(request)
    require(caller, operation.scope)
    about = request.path_params.get("merchant_id")
    merchant_id = "" if about is None else decode_id(about)
    return Call(request=request, caller=caller, merchant_id=merchant_id)


LIMIT: Final = Parameter(
    name="limit",
    meaning="How many at most",
    schema={
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_LIMIT,
        "default": DEFAULT_LIMIT,
    },
)
SITE_OF_ID: Final = Parameter(
    name="site_id",
    meaning="The site whose id it is; required only where customers of several sites have the same",
    schema={"type": "integer", "minimum": 1},
)


def about(call: Call) -> Ask:
    """The ask about the customer of the path, by the ids of the site that the query names.

    Without one, by those of the caller's own site. Raises Forbidden for a site that names another.
    """
    own = call.caller.site_id
    asked = whole_number(call.request, "site_id", default=None, minimum=1, maximum=MAX_JSON_INTEGER)
    named = own if asked is None else asked
    if own not in (None, named):
        raise Forbidden(f"These are the credentials of site {own}: use its own")
    ids = None if named is None else IdsOf(site_id=named)
    return Ask(program_id=call.caller.program_id, ids=ids)


def limit_of(request: Request) -> int:
    """How many a page has at most. Raises BadRequest."""
    return whole_number(request, "limit", default=DEFAULT_LIMIT, minimum=1, maximum=MAX_LIMIT)


def explain_part(call: Call) -> Part:
    """Which entries are wanted; a cursor decides all but the limit by itself."""
    request = call.request
    limit = limit_of(request)
    token = one(request, "cursor")
    if token is not None:
        cursor = _read(token)
        return Part(limit=limit, before=cursor.before, order=cursor.order)
    return Part(limit=limit, order=_order(one(request, "order")))


def cursor_of(part: Part, *, last_id: int) -> str:
    """The cursor that goes on behind the entry `last_id` of the same list."""
    return _cursors.write(_Cursor(before=last_id, order=part.order))


def period(call: Call, *, today: date) -> Period:
    """The days asked for, both included; the last 30 up to `today` when nothing is said."""
    last = _day(call.request, "to") or today
    first = _day(call.request, "from") or last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        raise BadRequest({"from": f"Too late: expected a day not after {last}"})
    if (last - first).days >= MAX_DAYS:
        raise BadRequest({"from": f"Too many days: ask for at most {MAX_DAYS} at once"})
    return Period(first=first, last=last)


def form(call: Call) -> Form:
    """Whether a report is wanted as JSON or as CSV."""
    return option(call.request, "type", tuple(Form)) or Form.JSON


def option(request: Request, name: str, known: Sequence[_Option]) -> _Option | None:
    """The query parameter `name`, one of `known`; None when absent. Raises BadRequest."""
    text = one(request, name)
    if text is None:
        return None
    for each in known:
        if text == each:
            return each
    raise BadRequest({name: invalid_option(known)})


class _Cursor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    before: Annotated[int, msgspec.Meta(ge=1, le=MAX_JSON_INTEGER)]
    order: str | None = None


_cursors: Final = Cursors(_Cursor)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _read(token: str) -> _Cursor:
    cursor = _cursors.read(token)
    _order(cursor.order, field="cursor")
    return cursor


def _order(text: str | None, *, field: str = "order") -> str | None:
    try:
        return None if text is None else clean_id(text, noun="Order")
    except ValueError as why:
        raise BadRequest({field: str(why)}) from None


def _day(request: Request, name: str) -> date | None:
    text = one(request, name)
    if text is None:
        return None
    if not _DAY.fullmatch(text):
        raise BadRequest({name: "Invalid date: expected YYYY-MM-DD"})
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadRequest({name: "Invalid date: there is no such day"}) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadRequest({name: f"Invalid date: the year must be {FIRST_YEAR} to {LAST_YEAR}"})
    return day
