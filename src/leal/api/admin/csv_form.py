"""The ledger as CSV, for people and their spreadsheets.

A spreadsheet takes a cell that starts with =, +, - or @ for a formula. Words that shoppers or
merchants wrote are therefore led by an apostrophe then; numbers are left as they are.
"""

import csv
import io
from collections.abc import Iterable
from typing import Final

from leal.api.admin.claims import state_of_claim, title_of
from leal.api.admin.values import Showing, instant
from leal.api.admin.views import rule_of, state_of_activity
from leal.api.http import Headers, Reply
from leal.domain.customers import Resource
from leal.storage.listings import Posting

COLUMNS: Final = (
    "id",
    "created_at",
    "customer_id",
    "customer_merchant_id",
    "customer_email",
    "resource",
    "points_approved",
    "points_pending",
    "activity_id",
    "activity_state",
    "rule_id",
    "rule_name",
    "rule_title",
    "adjustment_note",
    "claimed_reward_id",
    "claimed_reward_state",
    "reward_id",
    "reward_title",
)


def transactions_csv(postings: Iterable[Posting], showing: Showing, *, headers: Headers) -> Reply:
    """A table with a line of column names, then a line for each transaction."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for posting in postings:
        table.writerow(_cell(value) for value in _line(posting, showing))
    body = written.getvalue().encode()
    fixed = [
        (b"content-type", b"text/csv; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
    ]
    found = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return Reply(body, 200, [*fixed, *found])


_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def _line(posting: Posting, showing: Showing) -> tuple[str | int | None, ...]:
    person = posting.customer
    return (
        posting.id,
        instant(posting.created_at),
        person.id,
        person.merchant_id,
        person.email,
        posting.resource,
        posting.points_approved,
        posting.points_pending,
        *_activity(posting, showing),
        posting.entry.reason if posting.resource is Resource.ADJUSTMENT else None,
        *_claim(posting, showing),
    )


def _activity(posting: Posting, showing: Showing) -> tuple[str | int | None, ...]:
    if posting.resource is not Resource.ACTIVITY:
        return (None,) * 5
    entry, rule = posting.entry, rule_of(posting.entry, showing)
    return (entry.id, state_of_activity(entry), rule.id, rule.name, rule.title)


def _claim(posting: Posting, showing: Showing) -> tuple[str | int | None, ...]:
    claim = posting.claim
    if claim is None:
        return (None,) * 4
    return (claim.id, state_of_claim(claim), claim.reward_id, title_of(claim, showing))


def _cell(value: str | int | None) -> str | int | None:
    """Text that a spreadsheet would run is made text; None is an empty cell."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
