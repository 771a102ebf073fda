"""Customers in PostgreSQL: one statement loads all of one, one statement saves a change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import asyncpg
import msgspec

from leal.domain.change import Change
from leal.domain.claims import ClaimedReward
from leal.domain.customers import (
    Account,
    Customer,
    Transaction,
    email_key,
)
from leal.domain.deeds import Deed
from leal.domain.orders import Order
from leal.domain.scene import EMPTY_SHELF, Shelf
from leal.domain.tier_settings import BoundaryMode
from leal.storage.account_statement import STANDS_FOR, Key, statement
from leal.storage.audit import encoded_row
from leal.storage.customer_ids import IdsOf
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKey:
    """An order by the shop's own id; `site_id` None when the shop has only one site to mean."""

    merchant_id: str
    site_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimKeys:
    """Claims of the customer by leal's ids, by their codes, or by what marks them in a cart."""

    ids: tuple[int, ...] = ()
    codes: tuple[str, ...] = ()
    redemptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whom to load and how much.

    The customer is found by the shop's id for them, else by leal's, else through the order.
    The shop's id is looked for `at` a site, if one is told, and elsewhere when it is nobody's
    there. It is not where it `may_be_new`: then who has the `address` and no id on the site is
    found instead. `email` is looked up beside; `lots` are for taking points, and without them only
    those are loaded that end by `overdue_at` or carry no day; `order`, `due_before`, `source` and
    `claims` ask for an order, and for the history rows and claims a decision is about.
    """

    merchant_id: str | None = None
    customer_id: int | None = None
    at: IdsOf | None = None
    may_be_new: bool = False
    email: str | None = None
    address: str | None = None
    lots: bool = False
    overdue_at: datetime | None = None
    progress_mode: BoundaryMode | None = None
    progress_since: date | None = None
    order: OrderKey | None = None
    due_before: datetime | None = None
    source: str | None = None
    claims: ClaimKeys | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was found; `account` is None when there is no such customer.

    `program_version` is the version now in force, `clock_ahead` how far the program's time is
    ahead of ours; `email_taken` tells whether someone else has the address that was asked about,
    `by_email` that the account was found by it, and the shop's id is not theirs yet; `sites` are
    those on which different customers have the id, so that it says nothing by itself;
    `link` is the referral id a guest sent friends with under it, and no customer has yet;
    `order_customer_id` is whose the order is, if anybody's, and `order_sites` are those that have
    one with its id, when none was told; `source_known` tells whether the
    outside cause that was asked about has been applied, to anybody; `claims_announced` whether a
    claim is to be used up by the order. `shelf` is what the program has to give away.
    """

    program_version: int
    clock_ahead: timedelta = timedelta(0)
    email_taken: bool
    by_email: bool = False
    sites: tuple[int, ...] = ()
    link: str | None = None
    account: Account | None
    order: Order | None = None
    order_customer_id: int | None = None
    order_sites: tuple[int, ...] = ()
    source_known: bool = False
    claims_announced: bool = False
    shelf: Shelf = EMPTY_SHELF


_ALL_LOTS = datetime.max.replace(tzinfo=UTC)
_SMALL = {key: statement(key, more=False) for key in Key}
_LARGE = {key: statement(key, more=True) for key in Key}


async def load(on: Runner, program_id: int, wanted: Wanted) -> Loaded:
    """Loads a customer in one statement."""
    key, value = _key(wanted)
    parameters: list[object] = [
        program_id,
        value,
        email_key(wanted.email),
        _ALL_LOTS if wanted.lots else wanted.overdue_at,
        wanted.progress_since,
        wanted.progress_mode,
    ]
    more = any((wanted.order, wanted.due_before, wanted.source, wanted.claims))
    if more:
        order, claims = wanted.order, wanted.claims or ClaimKeys()
        parameters += [order and order.merchant_id, order and order.site_id]
        parameters += [wanted.due_before, wanted.source]
        parameters += [claims.ids, claims.codes, claims.redemptions]
    if key is Key.ID_ON_SITE and wanted.at is not None:
        elsewhere = not (wanted.at.strictly or wanted.may_be_new)
        parameters += [wanted.at.site_id, email_key(wanted.address), elsewhere]
    row = await on.row((_LARGE if more else _SMALL)[key], *parameters)
    if row is None:
        msg = f"program {program_id} is gone from the database"
        raise LookupError(msg)
    return Loaded(
        program_version=row["program_version"],
        clock_ahead=timedelta(seconds=row["clock_offset_seconds"]),
        email_taken=row["email_taken"],
        by_email=row["by_email"],
        sites=tuple(row["sites"] or ()),
        link=None if row["email_taken"] else row["link"],
        account=_account.decode(row["account"]) if row["account"] else None,
        order=_order.decode(row["order"]) if more and row["order"] else None,
        order_customer_id=row["order_customer_id"] if more else None,
        order_sites=tuple(row["order_sites"] or ()) if more else (),
        source_known=more and row["source_known"],
        claims_announced=more and row["claims_announced"],
        shelf=_shelf(row["given"], row["pools"]),
    )


def _shelf(given: str | None, pools: list[int] | None) -> Shelf:
    if given is None and pools is None:
        return EMPTY_SHELF
    return Shelf(
        given={(reward, variant): count for reward, variant, count in _given.decode(given or "[]")},
        pools=frozenset(pools or ()),
    )


def _key(wanted: Wanted) -> tuple[Key, object]:
    if wanted.merchant_id is not None:
        return Key.MERCHANT_ID if wanted.at is None else Key.ID_ON_SITE, wanted.merchant_id
    if wanted.customer_id is not None:
        return Key.CUSTOMER_ID, wanted.customer_id
    return Key.ORDER, None


# Takes the row lock, for a customer who is changed by so many at once that versions keep going
# stale: the load that follows in the same transaction cannot be overtaken. Whoever has the id or
# the address is waited for, the smallest first.
_LOCK = """
SELECT customer_id FROM customers WHERE program_id = $1 AND customer_id IN (
    SELECT i.customer_id FROM customer_ids i WHERE i.program_id = $1 AND i.merchant_id = $2
    UNION ALL
    SELECT e.customer_id FROM customers e WHERE e.program_id = $1 AND e.email_key = $3
) ORDER BY customer_id FOR UPDATE
"""
_LOCK_BY_ID = f"""
SELECT customer_id FROM customers
WHERE program_id = $1 AND customer_id = {STANDS_FOR} FOR UPDATE
"""  # noqa: S608 - made of a constant
# Takes the lock of an order's customer.
_LOCK_BY_ORDER = """
SELECT c.customer_id FROM customers c JOIN orders o
    ON o.program_id = c.program_id AND o.customer_id = c.customer_id
WHERE c.program_id = $1 AND o.merchant_id = $2 FOR UPDATE OF c
"""


async def lock(on: Runner, program_id: int, wanted: Wanted) -> None:
    """Makes others wait until the open transaction ends."""
    if wanted.merchant_id is not None:
        address = email_key(wanted.address)
        await on.execute(_LOCK, program_id, wanted.merchant_id, address)
    elif wanted.customer_id is not None:
        await on.execute(_LOCK_BY_ID, program_id, wanted.customer_id)
    elif wanted.order is not None:
        await on.execute(_LOCK_BY_ORDER, program_id, wanted.order.merchant_id)


# Someone wrote the same first; and what leal_save raises when a shelf or a pool is empty.
_STALE = frozenset({asyncpg.UniqueViolationError.sqlstate, "LS002"})

# The one way a customer changes; see the migration that defines it.
SAVE = "SELECT leal_save($1, $2, $3, $4)"
SAVE_WITHIN = "SELECT leal_try_save($1, $2, $3, $4)"
_SAVE_NOTED = "SELECT leal_save_noted($1, $2, $3, $4, $5)"
_SAVE_NOTED_WITHIN = "SELECT leal_try_save_noted($1, $2, $3, $4, $5)"


async def save(
    on: Runner, program_id: int, change: Change, *, deed: tuple[Deed, datetime] | None = None
) -> Account | None:
    """Applies a change in one statement and returns the account with its new ids.

    `deed` is who did it by hand and when, for the audit log.

    None when the change is stale: the customer was changed, or created, an outside cause was
    applied by someone else, or the last of something was given away since the load.
    """
    before = change.before.customer
    encoded = msgspec.json.encode(rows_of(change)).decode()
    row = (program_id, before.id or None, before.version, encoded)
    try:
        if deed is None:
            answer = await on.value(SAVE_WITHIN if on.in_transaction else SAVE, *row)
        else:
            save_noted = _SAVE_NOTED_WITHIN if on.in_transaction else _SAVE_NOTED
            answer = await on.value(save_noted, *row, encoded_row(*deed))
    except asyncpg.PostgresError as error:
        if error.sqlstate not in _STALE:
            raise
        return None
    return _numbered(change, _saved.decode(answer)) if answer else None


# The same for several customers, all in one statement and so in one commit.
_SAVE_ALL = """
SELECT leal_save($1, each.id, each.version, each.change::json) IS NOT NULL AS saved
FROM unnest($2::bigint[], $3::bigint[], $4::text[]) WITH ORDINALITY
    AS each(id, version, change, place)
ORDER BY each.place
"""


async def save_all(on: Runner, program_id: int, changes: Sequence[Change]) -> tuple[bool, ...]:
    """Applies changes of customers who are known, each of another; says which were not stale.

    Who changes several names them by id, the smallest first: then nobody waits for one another.
    """
    if not changes:
        return ()
    customers = [each.before.customer for each in changes]
    try:
        rows = await on.rows(
            _SAVE_ALL,
            program_id,
            [each.id for each in customers],
            [each.version for each in customers],
            [msgspec.json.encode(rows_of(each)).decode() for each in changes],
        )
    except asyncpg.PostgresError as error:
        if error.sqlstate not in _STALE:
            raise
        return (False,) * len(changes)
    return tuple(row["saved"] for row in rows)


class _Saved(msgspec.Struct):
    customer_id: int
    claims: list[int]
    codes: list[str | None]


_given = msgspec.json.Decoder(list[tuple[int, str, int]])
_account = msgspec.json.Decoder(Account)
_order = msgspec.json.Decoder(Order)
_saved = msgspec.json.Decoder(_Saved)


def rows_of(change: Change) -> dict[str, object]:
    """A change as the saving functions read it."""
    parts: dict[str, Sequence[object]] = {
        "claims": change.claims,
        "changed_claims": change.changed_claims,
        "uses": change.uses,
        "stock": change.stock,
        "history": change.history,
        "changed_history": change.changed_history,
        "transactions": [_transaction_row(each) for each in change.transactions],
        "counters": change.counters,
        "progress": change.progress,
        "events": change.told,
        "ids": change.ids,
    }
    rows: dict[str, object] = {name: part for name, part in parts.items() if part}
    rows["customer"] = _customer_row(change.account.customer)
    if change.order is not None:
        rows["order"] = order_row(change.order)
    return rows


def _customer_row(customer: Customer) -> dict[str, object]:
    tier, birthday, by = customer.tier, customer.birthday, customer.referred_by
    return {
        "site_id": customer.site_id,
        "merchant_id": customer.merchant_id,
        "email": customer.email,
        "email_key": email_key(customer.email),
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "properties": customer.properties,
        "metadata": customer.metadata,
        "blocked": customer.blocked,
        "enrolled_at": customer.enrolled_at,
        "points_approved": customer.points_approved,
        "points_pending": customer.points_pending,
        "points_spent": customer.points_spent,
        "rewards_claimed": customer.rewards_claimed,
        "rewards_used": customer.rewards_used,
        "lifetime_points": customer.lifetime_points,
        "lifetime_spend": customer.lifetime_spend,
        "lifetime_orders": customer.lifetime_orders,
        "tier_id": tier.tier_id if tier else None,
        "tier_started_at": tier.started_at if tier else None,
        "tier_expires_at": tier.expires_at if tier else None,
        "tier_manual": tier.manual if tier else False,
        "birth_year": birthday.year if birthday else None,
        "birth_month": birthday.month if birthday else None,
        "birth_day": birthday.day if birthday else None,
        "birthday_set_at": customer.birthday_set_at,
        "email_consent": customer.email_consent,
        "sms_consent": customer.sms_consent,
        "linked_merchant_ids": customer.linked_merchant_ids,
        "referral_id": customer.referral_id,
        "referred_by": by and (by.noted_id or by.id),
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
    }


def order_row(order: Order) -> dict[str, object]:
    """An order as the saving functions read it."""
    row: dict[str, object] = msgspec.to_builtins(order, builtin_types=(datetime, date))
    row["email_key"] = email_key(order.customer_email)
    return row


def _transaction_row(transaction: Transaction) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(transaction, name) for name in _TRANSACTION_FIELDS}
    row["lots"] = [(expires or "infinity", points) for expires, points in transaction.lots]
    return row


_TRANSACTION_FIELDS = (
    "history_id",
    "claimed_reward_id",
    "resource",
    "cause",
    "points_approved",
    "points_pending",
    "points_spent",
    "created_at",
)


def _numbered(change: Change, saved: _Saved) -> Account:
    """The account as changed, with the ids and the version the database gave."""
    account, before = change.account, change.before.customer
    customer = replace(account.customer, id=saved.customer_id, version=before.version + 1)
    if not saved.claims:
        return replace(account, customer=customer)

    def real(claim_id: int | None) -> int | None:
        return saved.claims[-claim_id - 1] if claim_id is not None and claim_id < 0 else claim_id

    new: dict[int, ClaimedReward] = {}

    def number(claim: ClaimedReward) -> ClaimedReward:
        """The claim as saved; the same one for each list it is in."""
        if claim.id > 0:
            return claim
        if claim.id not in new:
            code = saved.codes[-claim.id - 1]
            new[claim.id] = replace(claim, id=real(claim.id) or 0, code=code)
        return new[claim.id]

    history = tuple(
        row
        if (row.claimed_reward_id or 0) >= 0
        else replace(row, claimed_reward_id=real(row.claimed_reward_id))
        for row in account.history
    )
    return replace(
        account,
        customer=customer,
        claims=tuple(map(number, account.claims)),
        held=tuple(map(number, account.held)),
        history=history,
    )
