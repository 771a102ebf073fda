"""Finding one's way through lists: opaque cursors, and the Link header that carries them too.

A cursor holds the place it goes on from, the direction, and the filters and the order of the list
it came from.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from leal.api.cursors import Cursors, no_cursor
from leal.api.ids import MAX_JSON_INTEGER
from leal.storage.listings import Filters, Page, Part, Place, Sort

_T = TypeVar("_T")

MAX_EMAIL_CHARACTERS: Final = 254


class List(StrEnum):
    """The lists that are paged; a cursor of one is of no use in another."""

    CUSTOMERS = "customers"
    TRANSACTIONS = "transactions"
    CUSTOMER_TRANSACTIONS = "customer_transactions"
    ORDERS = "orders"
    ACTIVITIES = "activities"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request wants of a list."""

    of: List
    filters: Filters
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The cursors of the pages before and after one; None where there is none."""

    prev: str | None
    next: str | None


def neighbours(asked: Asked, page: Page[_T], *, first: Place, last: Place) -> Neighbours:
    """The cursors beside a page whose outermost rows stand at `first` and `last`.

    Forwards `more` tells whether anything follows, and whoever came here came from a page before;
    backwards it is the other way round. What a list begins with has nothing before it.
    """
    part = asked.part
    begun = part.place is None and part.skip == 0
    before = page.more if part.backwards else not begun
    after = part.backwards or page.more
    return Neighbours(
        prev=_written(asked, first, _Direction.PREV) if before else None,
        next=_written(asked, last, _Direction.NEXT) if after else None,
    )


def resumed(of: List, token: str, *, limit: int) -> Asked:
    """What a cursor of this list asks for; BadRequest for anything that is not one."""
    cursor = _read(token)
    if cursor.of is not of:
        raise no_cursor()
    filters = Filters(
        since_id=cursor.since_id,
        customer_id=cursor.customer_id,
        email=cursor.email,
        created_from=_instant(cursor.created_from),
        created_before=_instant(cursor.created_before),
        updated_from=_instant(cursor.updated_from),
        updated_before=_instant(cursor.updated_before),
    )
    moment = _instant(cursor.last_updated_at)
    part = Part(
        limit=limit,
        sort=Sort.ID if moment is None else Sort.UPDATED_AT,
        ascending=cursor.ascending,
        place=Place(id=cursor.last_id, updated_at=moment),
        backwards=cursor.direction is _Direction.PREV,
        settled=moment is None,
    )
    return Asked(of=of, filters=filters, part=part)


def link(address: str, beside: Neighbours, *, query: dict[str, str]) -> list[tuple[str, str]]:
    """The Link header, if there is a page beside this one; `query` is repeated in its addresses.

    Clients follow its addresses as they are, so they are absolute and keep the limit.
    """
    found = (("next", beside.next), ("prev", beside.prev))
    targets = [
        f'<{address}?{urlencode({"cursor": cursor, **query})}>; rel="{relation}"'
        for relation, cursor in found
        if cursor is not None
    ]
    return [("Link", ", ".join(targets))] if targets else []


class _Direction(StrEnum):
    NEXT = "next"
    PREV = "prev"


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_Id = Annotated[int, msgspec.Meta(ge=0, le=MAX_JSON_INTEGER)]
# microseconds since 1970, within the years that times in queries may have
_Moment = Annotated[
    int,
    msgspec.Meta(
        ge=(datetime(1899, 12, 31, tzinfo=UTC) - _EPOCH) // _MICROSECOND,
        le=(datetime(9999, 1, 2, tzinfo=UTC) - _EPOCH) // _MICROSECOND,
    ),
]


class _Cursor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    of: List
    last_id: _Id
    direction: _Direction
    last_updated_at: _Moment | None = None
    ascending: bool = False
    since_id: _Id | None = None
    customer_id: _Id | None = None
    email: Annotated[str, msgspec.Meta(max_length=MAX_EMAIL_CHARACTERS)] | None = None
    created_from: _Moment | None = None
    created_before: _Moment | None = None
    updated_from: _Moment | None = None
    updated_before: _Moment | None = None


_cursors: Final = Cursors(_Cursor)


def _written(asked: Asked, place: Place, direction: _Direction) -> str:
    filters = asked.filters
    cursor = _Cursor(
        of=asked.of,
        last_id=place.id,
        direction=direction,
        last_updated_at=_microseconds(place.updated_at),
        ascending=asked.part.ascending,
        since_id=filters.since_id,
        customer_id=filters.customer_id,
        email=filters.email,
        created_from=_microseconds(filters.created_from),
        created_before=_microseconds(filters.created_before),
        updated_from=_microseconds(filters.updated_from),
        updated_before=_microseconds(filters.updated_before),
    )
    return _cursors.write(cursor)


def _read(token: str) -> _Cursor:
    cursor = _cursors.read(token)
    if cursor.email is not None and _UNPRINTABLE.search(cursor.email):
        raise no_cursor()
    # a filter that the list does not have can only have been made up
    if any(_foreign(cursor)):
        raise no_cursor()
    return cursor


def _foreign(cursor: _Cursor) -> Iterator[bool]:
    yield cursor.customer_id is not None and cursor.of is not List.TRANSACTIONS
    own = (cursor.email, cursor.last_updated_at)
    yield cursor.of is not List.CUSTOMERS and any(value is not None for value in own)
    changed = (cursor.updated_from, cursor.updated_before)
    kept = cursor.of in (List.CUSTOMERS, List.ORDERS)
    yield not kept and any(value is not None for value in changed)


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)
