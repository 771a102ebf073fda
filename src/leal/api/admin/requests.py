"""Reading Admin requests: who asks, about whom, for which part of a list, and the bodies."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from starlette.requests import Request

from leal.api.admin.paging import MAX_EMAIL_CHARACTERS, Asked, List, resumed
from leal.api.admin.views import YEAR_UNKNOWN
from leal.api.fields import Fields, invalid_option
from leal.api.gate import Gate, require
from leal.api.http import Reply, request_id
from leal.api.ids import MAX_JSON_INTEGER, decode_id, instant, one, whole_number
from leal.api.json_body import parse_object, read_body
from leal.api.operations import Operation
from leal.domain.customers import Birthday
from leal.domain.deeds import Action, Deed, Fact, Subject
from leal.domain.problems import BadRequest, Forbidden
from leal.domain.refusals import InvalidDate
from leal.storage.customer_ids import IdsOf
from leal.storage.listings import Filters, Part, Sort
from leal.usecases import audit
from leal.usecases.access import Caller
from leal.usecases.desk import Ask

_Option = TypeVar("_Option", bound=StrEnum)

MAX_LIMIT = 500
DEFAULT_LIMIT = 100
MAX_SKIPPED = 1_000_000
MAX_ADDED = 1_000_000
MAX_REASON_CHARACTERS = 1_000
FIRST_YEAR = 1900
_NOUNS: Final[Mapping[str, str | None]] = {
    "orders": "Order",
    "activities": None,
    "reviews": None,
}


class Direction(StrEnum):
    """Which end of a list comes first."""

    ASCENDING = "asc"
    DESCENDING = "desc"


class Form(StrEnum):
    """How a list is written."""

    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An admitted request; `merchant_id` is the shop's id that the path names, if it does."""

    request: Request
    caller: Caller
    ask: Ask
    merchant_id: str


Serve = Callable[[Call], Awaitable[Reply]]
"""Serves an admitted request."""


async def admit(request: Request, operation: Operation, gate: Gate) -> Call:
    """Checks credentials, rate and scope, in this order."""
    caller = await gate.by_key_or_site(request, rate=operation.rate)
    require(caller, operation.scope)
    about = request.path_params.get("merchant_id")
    own = None if caller.site_id is None else IdsOf(site_id=caller.site_id)
    return Call(
        request=request,
        caller=caller,
        ask=Ask(program_id=caller.program_id, site_id=caller.site_id, ids=own),
        merchant_id="" if about is None else decode_id(about, noun=_noun(operation)),
    )


def by_hand(call: Call, action: Action, facts: Mapping[str, Fact]) -> Ask:
    """The ask of a call that changes a customer by hand, noted with what it does."""
    by = audit.actor(call.caller, request_id=request_id(call.request))
    deed = Deed(by=by, action=action, about=Subject.CUSTOMER, facts=facts)
    return replace(at_site(call), deed=deed)


def customer_list(call: Call) -> Asked:
    """Which customers are wanted; a cursor decides all but the limit by itself."""
    request, limit = call.request, limit_of(call.request)
    token = one(request, "cursor")
    if token is not None:
        return resumed(List.CUSTOMERS, token, limit=limit)
    email = one(request, "email") or None
    if email is not None and len(email) > MAX_EMAIL_CHARACTERS:
        raise BadRequest({"email": f"Too long: expected at most {MAX_EMAIL_CHARACTERS} characters"})
    filters = Filters(
        since_id=since_id_of(request),
        email=email,
        created_from=instant(request, "created_at_min"),
        created_before=instant(request, "created_at_max"),
        updated_from=instant(request, "updated_at_min"),
        updated_before=instant(request, "updated_at_max"),
    )
    part = _customer_part(request, filters, limit=limit)
    return Asked(of=List.CUSTOMERS, filters=filters, part=part)


def transaction_list(call: Call, *, of: List) -> Asked:
    """Which transactions are wanted; a cursor decides all but the limit by itself."""
    request, limit = call.request, limit_of(call.request)
    token = one(request, "cursor")
    if token is not None:
        return resumed(of, token, limit=limit)
    customer_id = None
    if of is List.TRANSACTIONS:
        customer_id = whole_number(
            request, "customer_id", default=None, minimum=1, maximum=MAX_JSON_INTEGER
        )
    filters = Filters(
        since_id=since_id_of(request),
        customer_id=customer_id,
        created_from=instant(request, "created_at_min"),
        created_before=instant(request, "created_at_max"),
    )
    part = Part(limit=limit, ascending=filters.since_id is not None)
    return Asked(of=of, filters=filters, part=part)


def form(call: Call) -> Form:
    """Whether a list is wanted as JSON or as CSV."""
    return _choice(call.request, "type", Form) or Form.JSON


async def update_body(call: Call, *, today: date) -> tuple[Birthday | None, bool | None]:
    """The birthday and the blocking that are to be; None for what is to stay, not both.

    Raises BadRequest for what is no date, InvalidDate for one after `today`.
    """
    body = Fields(parse_object(await read_body(call.request)))
    fields = body.part("customer")
    born = fields.day("birthday") if fields.has("birthday") else None
    blocked = fields.boolean("blocked") if fields.has("blocked") else None
    if not fields.has("birthday") and not fields.has("blocked"):
        body.problem("customer", "Nothing to change: send birthday, blocked or both")
    if born is not None and YEAR_UNKNOWN != born.year < FIRST_YEAR:
        fields.problem("birthday", f"Invalid date: the year must be {FIRST_YEAR} or later")
    body.done()
    if born is None:
        return None, blocked
    if born > today:
        raise InvalidDate(month=born.month, day=born.day, year=born.year)
    year = None if born.year == YEAR_UNKNOWN else born.year
    return Birthday(month=born.month, day=born.day, year=year), blocked


async def points_body(call: Call, *, maximum: int) -> tuple[int, str | None]:
    """How many points, 1 to `maximum`, and the reason if one is told."""
    fields = Fields(parse_object(await read_body(call.request)))
    points = fields.integer("points", minimum=1, maximum=maximum)
    reason = fields.optional_text("reason", max_length=MAX_REASON_CHARACTERS)
    fields.done()
    return points, reason


def limit_of(request: Request) -> int:
    """How many rows are wanted."""
    return whole_number(request, "limit", default=DEFAULT_LIMIT, minimum=1, maximum=MAX_LIMIT)


def since_id_of(request: Request) -> int | None:
    """The id that rows must lie behind, if one is told."""
    return whole_number(request, "since_id", default=None, minimum=0, maximum=MAX_JSON_INTEGER)


def skipped(request: Request, *, limit: int) -> int | None:
    """How many rows lie before the page asked for by number; None when none is."""
    page = whole_number(request, "page", default=None, minimum=1, maximum=MAX_SKIPPED)
    if page is None:
        return None
    if page * limit > MAX_SKIPPED:
        raise BadRequest({"page": f"Too big: {MAX_SKIPPED} rows at most; follow cursor instead"})
    return (page - 1) * limit


def part_by_id(request: Request, filters: Filters, *, limit: int) -> Part:
    """The first page of a list sorted by id, or one by number, which shows all there is at once."""
    skip = skipped(request, limit=limit)
    incremental = filters.since_id is not None
    return Part(
        limit=limit,
        ascending=incremental,
        skip=skip or 0,
        settled=incremental or skip is None,
    )


def at_site(call: Call) -> Ask:
    """The ask at the site that the query names; without one, at the caller's own.

    Raises Forbidden for a site that names another.
    """
    site_id = whole_number(
        call.request, "site_id", default=None, minimum=1, maximum=MAX_JSON_INTEGER
    )
    if site_id is None:
        return call.ask
    if call.caller.site_id not in (None, site_id):
        raise Forbidden(f"These are the credentials of site {call.caller.site_id}: use its own")
    return replace(call.ask, site_id=site_id, ids=IdsOf(site_id=site_id))


def _noun(operation: Operation) -> str | None:
    """What Shopify calls the thing on a path; activities have ids of any kind."""
    return _NOUNS.get(operation.name.partition(".")[0], "Customer")


def _customer_part(request: Request, filters: Filters, *, limit: int) -> Part:
    """The first page, or one by number.

    Look-ups (by address, by page number, by last change) show all there is at once; every other
    list is one that a reader may remember the last id of.
    """
    skip = skipped(request, limit=limit)
    sort = _choice(request, "sort_field", Sort) or Sort.ID
    ascending = _choice(request, "sort_direction", Direction) is Direction.ASCENDING
    incremental = filters.since_id is not None
    if incremental:
        sort, ascending = Sort.ID, True
    looked_up = skip is not None or filters.email is not None or sort is not Sort.ID
    return Part(
        limit=limit,
        sort=sort,
        ascending=ascending,
        skip=skip or 0,
        settled=incremental or not looked_up,
    )


def _choice(request: Request, name: str, options: type[_Option]) -> _Option | None:
    text = one(request, name)
    if text is None:
        return None
    known: Sequence[_Option] = tuple(options)
    if text not in known:
        raise BadRequest({name: invalid_option(known)})
    return options(text)
