"""Friends that customers send: who sent whom, what friends were given, how links are used."""

from dataclasses import dataclass
from datetime import date, datetime

from leal.domain.customers import email_key
from leal.domain.orders import Order
from leal.domain.referrals import folded
from leal.domain.rewards.usage import codes_of
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sends friends."""

    program_id: int
    customer_id: int
    merchant_id: str
    email: str | None
    site_id: int


# A link carries nothing but the code, so this is the one statement that asks all programs.
_BY_LINK = """
SELECT program_id, customer_id, merchant_id, email, site_id FROM customers WHERE referral_id = $1
ORDER BY program_id LIMIT 1
"""
_BY_REFERRAL_ID = """
SELECT program_id, customer_id, merchant_id, email, site_id FROM customers
WHERE program_id = $1 AND referral_id = $2
"""
_BY_ID = """
SELECT program_id, customer_id, merchant_id, email, site_id FROM customers
WHERE program_id = $1 AND customer_id = $2
"""


async def find_by_link(on: Runner, referral_id: str) -> Sender | None:
    """Finds whose link it is, in whichever program."""
    row = await on.row(_BY_LINK, referral_id)
    return Sender(**dict(row)) if row else None


async def find_sender(on: Runner, program_id: int, referral_id: str) -> Sender | None:
    """Finds who has a referral id."""
    row = await on.row(_BY_REFERRAL_ID, program_id, referral_id)
    return Sender(**dict(row)) if row else None


async def load_sender(on: Runner, program_id: int, customer_id: int) -> Sender:
    """Loads a customer who sent somebody. Raises LookupError."""
    row = await on.row(_BY_ID, program_id, customer_id)
    if row is None:
        msg = f"customer {customer_id} of program {program_id} is gone"
        raise LookupError(msg)
    return Sender(**dict(row))


# Counts a click or a share of one customer's link on one channel and day.
_COUNT = """
INSERT INTO referral_traffic (program_id, customer_id, day, channel, clicks, shares)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (program_id, customer_id, day, channel)
DO UPDATE SET clicks = referral_traffic.clicks + excluded.clicks,
    shares = referral_traffic.shares + excluded.shares
"""


async def count_click(on: Runner, sender: Sender, *, channel: str, day: date) -> None:
    """Somebody followed a link."""
    await on.execute(_COUNT, sender.program_id, sender.customer_id, day, channel, 1, 0)


async def count_share(
    on: Runner, program_id: int, customer_id: int, *, channel: str, day: date
) -> None:
    """A customer shared their link."""
    await on.execute(_COUNT, program_id, customer_id, day, channel, 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFriend:
    """What the program knows of an address: whether its owner is a member, or ordered before."""

    is_member: bool
    ordered: bool
    on_referrers_address: bool


# Addresses are compared in their folded form too; both forms have the same beginning up to a `+`.
_FRIEND = """
SELECT
    EXISTS (SELECT FROM customers WHERE program_id = $1 AND email_key IN ($2, $3)
        AND enrolled_at IS NOT NULL) AS is_member,
    EXISTS (SELECT FROM orders o JOIN customers c
            ON c.program_id = o.program_id AND c.customer_id = o.customer_id
        WHERE c.program_id = $1 AND c.email_key IN ($2, $3) AND o.paid_at IS NOT NULL)
    OR EXISTS (SELECT FROM orders WHERE program_id = $1 AND customer_id IS NULL
        AND email_key IN ($2, $3) AND paid_at IS NOT NULL) AS ordered,
    EXISTS (SELECT FROM orders WHERE program_id = $1 AND customer_id = $4
        AND ip_address = $5) AS on_referrers_address
"""


async def find_friend(
    on: Runner, program_id: int, *, email: str, referrer_id: int, ip_address: str
) -> KnownFriend:
    """What is known of who would be a friend."""
    row = await on.row(
        _FRIEND, program_id, email_key(email), folded(email), referrer_id, ip_address
    )
    return KnownFriend(**dict(row or {}))


# The code of a friend who came before.
_GIVEN = """
SELECT code FROM referral_incentives
WHERE program_id = $1 AND referrer_id = $2 AND friend_key = $3
"""


async def find_incentive(on: Runner, program_id: int, referrer_id: int, *, key: str) -> str | None:
    """The code a friend was given, if any."""
    found: str | None = await on.value(_GIVEN, program_id, referrer_id, key)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncentive:
    """What a friend is to be given; `code` None takes one of the pool."""

    referrer_id: int
    friend_key: str
    code: str | None
    ip_address: str
    expires_at: datetime | None


INCENTIVE_POOL = 0
"""The pool of codes for friends; rewards have numbers from 1."""


async def give_incentive(
    on: Runner, program_id: int, wanted: NewIncentive, *, now: datetime
) -> str | None:
    """Gives a friend their code, or the one they have already; None when the pool is empty."""
    code: str | None = await on.value(
        "SELECT leal_give_incentive($1, $2, $3, $4, $5, $6, $7, $8)",
        program_id,
        wanted.referrer_id,
        wanted.friend_key,
        wanted.code,
        INCENTIVE_POOL,
        wanted.ip_address,
        wanted.expires_at,
        now,
    )
    return code


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What ties an order to somebody who sent its buyer.

    `referrer_id` is who is known to have sent them, by an order before or at this one, with
    `order_id` the order that made it so. `first` tells whether this is the buyer's first order.
    `joined_through` is who brought the buyer in, `named` whom the order itself names, by a referral
    id or a code. `email` is the buyer's.
    """

    referrer_id: int | None
    order_id: int | None
    first: bool
    joined_through: int | None
    named: int | None
    joined_at: datetime | None


_TRACE = """
SELECT
    r.referrer_id, r.order_id,
    NOT EXISTS (SELECT FROM orders o WHERE o.program_id = $1 AND o.order_id < $2
        AND ((o.customer_id = $4) OR (o.customer_id IS NULL AND o.email_key = $5))) AS first,
    c.referred_by AS joined_through, c.enrolled_at AS joined_at,
    coalesce(
        (SELECT customer_id FROM customers WHERE program_id = $1 AND referral_id = $6),
        (SELECT referrer_id FROM referral_incentives
            WHERE program_id = $1 AND code = ANY($7::text[]) LIMIT 1)) AS named
FROM (SELECT) AS here
LEFT JOIN referrals r ON r.program_id = $1 AND r.friend_key = $3
LEFT JOIN customers c ON c.program_id = $1 AND c.customer_id = $4
"""


async def find_trace(
    on: Runner, program_id: int, order: Order, *, customer_id: int | None, key: str
) -> Trace:
    """What ties an order to whoever sent its buyer."""
    row = await on.row(
        _TRACE,
        program_id,
        order.id,
        key,
        customer_id,
        email_key(order.customer_email),
        order.referral_id,
        codes_of(order),
    )
    return Trace(**dict(row or {}))


# Notes whose first order makes the referral; the first note stays.
_NOTE = """
INSERT INTO referrals (program_id, friend_key, friend_id, referrer_id, order_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """A friend's first order, and who sent them."""

    friend_key: str
    friend_id: int | None
    referrer_id: int
    order_id: int


async def note(on: Runner, program_id: int, made: Referral, *, now: datetime) -> bool:
    """Notes a referral; False when the friend has one already."""
    done = await on.execute(
        _NOTE,
        program_id,
        made.friend_key,
        made.friend_id,
        made.referrer_id,
        made.order_id,
        now,
    )
    return done.endswith(" 1")


# The claim that a referral gave, when its rule gives a reward.
_GAVE = "SELECT claimed_reward_id FROM history WHERE program_id = $1 AND source = $2"


async def find_claim_given(on: Runner, program_id: int, source: str) -> int | None:
    """The claim of the history row with this outside cause."""
    found: int | None = await on.value(_GAVE, program_id, source)
    return found
