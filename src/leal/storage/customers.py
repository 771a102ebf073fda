"""Customers in PostgreSQL: one statement loads all of one, one statement saves a change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import asyncpg
import msgspec

from leal.domain.change import Change
from leal.domain.customers import (
    Account,
    Customer,
    Transaction,
    email_key,
)
from leal.domain.tier_settings import BoundaryMode
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whom to load and how much: `email` is looked up beside, `lots` are for taking points."""

    merchant_id: str
    email: str | None = None
    lots: bool = False
    progress_mode: BoundaryMode | None = None
    progress_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was found; `account` is None when nobody has the merchant id.

    `program_version` is the version now in force; `email_taken` tells whether someone else has
    the address that was asked about.
    """

    program_version: int
    email_taken: bool
    account: Account | None


# Everything a decision and a view need of one customer, with the program's version in force.
# Of history and claims the newest 20 are shown, so the cost does not grow with a customer's past.
LOAD = """
SELECT p.version AS program_version,
    $3::text IS NOT NULL AND EXISTS (
        SELECT FROM customers e
        WHERE e.program_id = $1 AND e.email_key = $3 AND e.merchant_id <> $2
    ) AS email_taken,
    (SELECT row_to_json(account) FROM (
        SELECT
            (SELECT row_to_json(customer) FROM (SELECT
                c.customer_id AS id, c.version, c.site_id, c.merchant_id, c.email, c.first_name,
                c.last_name, c.linked_merchant_ids, c.properties, c.metadata, c.blocked,
                c.enrolled_at, c.points_approved, c.points_pending, c.points_spent,
                c.rewards_claimed, c.rewards_used, c.lifetime_points, c.lifetime_spend,
                c.lifetime_orders, c.email_consent, c.sms_consent, c.referral_id,
                c.insights_segment, c.created_at, c.updated_at,
                CASE WHEN c.tier_id IS NOT NULL THEN json_build_object(
                    'tier_id', c.tier_id, 'started_at', c.tier_started_at,
                    'expires_at', c.tier_expires_at, 'manual', c.tier_manual) END AS tier,
                CASE WHEN c.birth_month IS NOT NULL THEN json_build_object(
                    'month', c.birth_month, 'day', c.birth_day, 'year', c.birth_year
                ) END AS birthday,
                CASE WHEN c.referred_by IS NOT NULL THEN (
                    SELECT json_build_object('id', r.customer_id, 'merchant_id', r.merchant_id)
                    FROM customers r WHERE r.program_id = $1 AND r.customer_id = c.referred_by
                ) END AS referred_by
            ) AS customer) AS customer,
            coalesce((SELECT json_agg(row_to_json(h)) FROM (
                SELECT history_id AS id, kind, state, happened_at, points, rule_id, rule_kind,
                    reward_id, reward_kind, claimed_reward_id, tier_id, site_id, title, reason,
                    source, approve_at, expires_at
                FROM history WHERE program_id = $1 AND customer_id = c.customer_id
                ORDER BY happened_at DESC, history_id DESC LIMIT 20
            ) AS h), '[]') AS history,
            coalesce((SELECT json_agg(row_to_json(r)) FROM (
                SELECT claimed_reward_id AS id, reward_id, kind, title, state, source, source_id,
                    points_cost, code, terms, claimed_at, auto_refund_at, expires_at, used_at,
                    usage_status
                FROM claimed_rewards WHERE program_id = $1 AND customer_id = c.customer_id
                ORDER BY claimed_at DESC, claimed_reward_id DESC LIMIT 20
            ) AS r), '[]') AS claims,
            coalesce((SELECT json_agg(row_to_json(n)) FROM (
                SELECT subject, subject_id, total, day, week, month, year, last_at
                FROM counters WHERE program_id = $1 AND customer_id = c.customer_id
            ) AS n), '[]') AS counters,
            CASE WHEN $5::date IS NULL THEN '[]' ELSE
                coalesce((SELECT json_agg(row_to_json(d)) FROM (
                    SELECT earned_on,
                        CASE $6::text WHEN 'points' THEN points WHEN 'spend' THEN spend
                            ELSE orders END AS amount
                    FROM progress
                    WHERE program_id = $1 AND customer_id = c.customer_id AND earned_on >= $5
                    ORDER BY earned_on
                ) AS d), '[]') END AS progress,
            CASE WHEN NOT $4::boolean THEN '[]' ELSE
                coalesce((SELECT json_agg(row_to_json(l)) FROM (
                    SELECT nullif(expires_at, 'infinity') AS expires_at, remaining
                    FROM lots
                    WHERE program_id = $1 AND customer_id = c.customer_id AND remaining > 0
                    ORDER BY expires_at
                ) AS l), '[]') END AS lots
        FROM customers c WHERE c.program_id = $1 AND c.merchant_id = $2
    ) AS account) AS account
FROM programs p WHERE p.program_id = $1
"""


async def load(on: Runner, program_id: int, wanted: Wanted) -> Loaded:
    """Loads a customer by the shop's id for them, in one statement."""
    row = await on.row(
        LOAD,
        program_id,
        wanted.merchant_id,
        email_key(wanted.email),
        wanted.lots,
        wanted.progress_since,
        wanted.progress_mode,
    )
    if row is None:
        msg = f"program {program_id} is gone from the database"
        raise LookupError(msg)
    return Loaded(
        program_version=row["program_version"],
        email_taken=row["email_taken"],
        account=_account.decode(row["account"]) if row["account"] else None,
    )


# Takes the row lock, for a customer who is changed by so many at once that versions keep going
# stale: the load that follows in the same transaction cannot be overtaken.
LOCK = """
SELECT customer_id FROM customers WHERE program_id = $1 AND merchant_id = $2 FOR UPDATE
"""


async def lock(on: Runner, program_id: int, merchant_id: str) -> None:
    """Makes others wait until the open transaction ends."""
    await on.execute(LOCK, program_id, merchant_id)


# The one way a customer changes; see the migration that defines it.
SAVE = "SELECT leal_save($1, $2, $3, $4)"


async def save(on: Runner, program_id: int, change: Change) -> Account | None:
    """Applies a change in one statement and returns the account with its new ids.

    None when the change is stale: the customer was changed, or created, or an outside cause was
    applied by someone else since the load.
    """
    before = change.before.customer
    try:
        answer = await on.value(
            SAVE,
            program_id,
            before.id or None,
            before.version,
            msgspec.json.encode(_rows_of(change)).decode(),
        )
    except asyncpg.UniqueViolationError:
        return None
    return _numbered(change, _saved.decode(answer)) if answer else None


class _Saved(msgspec.Struct):
    customer_id: int
    claims: list[int]


_account = msgspec.json.Decoder(Account)
_saved = msgspec.json.Decoder(_Saved)


def _rows_of(change: Change) -> dict[str, object]:
    parts: dict[str, Sequence[object]] = {
        "claims": change.claims,
        "history": change.history,
        "transactions": [_transaction_row(each) for each in change.transactions],
        "counters": change.counters,
        "progress": change.progress,
        "events": change.events,
    }
    rows: dict[str, object] = {name: part for name, part in parts.items() if part}
    rows["customer"] = _customer_row(change.account.customer)
    return rows


def _customer_row(customer: Customer) -> dict[str, object]:
    tier, birthday = customer.tier, customer.birthday
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
        "email_consent": customer.email_consent,
        "sms_consent": customer.sms_consent,
        "referral_id": customer.referral_id,
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
    }


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

    claims = tuple(replace(claim, id=real(claim.id) or claim.id) for claim in account.claims)
    history = tuple(
        replace(row, claimed_reward_id=real(row.claimed_reward_id)) for row in account.history
    )
    return replace(account, customer=customer, claims=claims, history=history)
