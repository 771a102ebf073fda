"""Friends that customers send: who sent whom, what friends were given, how links are used."""

from dataclasses import dataclass
from datetime import date, datetime

from leal.domain.customers import email_key
from leal.domain.orders import Order
from leal.domain.referrals import folded
from leal.domain.rewards.usage import codes_of
from leal.storage.account_statement import STANDS_FOR
from leal.storage.codes import INCENTIVE_POOL
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sends friends: a customer, or a guest who has nothing but a link (`customer_id` None)."""

    program_id: int
    customer_id: int | None
    merchant_id: str | None
    email: str | None
    site_id: int
    referral_id: str


# A customer by their link, or by that of who was merged into them; else a guest, who may be a
# customer by their address by now. A link carries nothing but the code, so one of the two
# statements asks all programs.
_SENDER = """
SELECT program_id, customer_id, merchant_id, email, site_id, referral_id FROM (
    SELECT 1 AS choice, c.program_id, c.customer_id, c.merchant_id, c.email, c.site_id,
        l.referral_id
    FROM customers l JOIN customers c ON c.program_id = l.program_id
        AND c.customer_id = coalesce(l.merged_into, l.customer_id)
    WHERE /*customers*/
    UNION ALL
    SELECT 2, g.program_id, c.customer_id, c.merchant_id, coalesce(c.email, g.email), g.site_id,
        g.referral_id
    FROM referral_guests g
    LEFT JOIN customers c ON c.program_id = g.program_id AND c.email_key = g.email_key
    WHERE /*guests*/
) AS found
ORDER BY choice, program_id LIMIT 1
"""


def _senders(where: str, *, guests: str) -> str:
    return _SENDER.replace("/*customers*/", where).replace("/*guests*/", guests)


_BY_LINK = _senders("l.referral_id = $1", guests="g.referral_id = $1")
_BY_REFERRAL_ID = _senders(
    "l.program_id = $1 AND l.referral_id = $2", guests="g.program_id = $1 AND g.referral_id = $2"
)
_BY_ID = f"""
SELECT program_id, customer_id, merchant_id, email, site_id, referral_id FROM customers
WHERE program_id = $1 AND customer_id = {STANDS_FOR}
"""  # noqa: S608 - made of a constant


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


# Counts a click or a share of one link on one channel and day.
_COUNT = """
INSERT INTO referral_traffic (program_id, referral_id, day, channel, clicks, shares)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (program_id, referral_id, day, channel)
DO UPDATE SET clicks = referral_traffic.clicks + excluded.clicks,
    shares = referral_traffic.shares + excluded.shares
"""


async def count_click(
    on: Runner, program_id: int, referral_id: str, *, channel: str, day: date
) -> None:
    """Somebody followed a link."""
    await on.execute(_COUNT, program_id, referral_id, day, channel, 1, 0)


async def count_share(
    on: Runner, program_id: int, referral_id: str, *, channel: str, day: date
) -> None:
    """Somebody shared their link."""
    await on.execute(_COUNT, program_id, referral_id, day, channel, 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody who is to get a link without being a customer."""

    email: str
    first_name: str
    ip_address: str
    referral_id: str
    site_id: int


# A customer has a link already. Who registers again keeps the first link.
_REGISTER = """
INSERT INTO referral_guests (
    program_id, email_key, email, first_name, ip_address, referral_id, site_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (program_id, email_key) DO UPDATE SET email_key = excluded.email_key
RETURNING referral_id
"""
_OWN_LINK = "SELECT referral_id FROM customers WHERE program_id = $1 AND email_key = $2"


async def register(on: Runner, program_id: int, guest: Guest, *, now: datetime) -> str:
    """Gives out a link for an address: its customer's, the one it has, or the new one."""
    key = email_key(guest.email)
    own: str | None = await on.value(_OWN_LINK, program_id, key)
    if own is not None:
        return own
    link: str = await on.value(
        _REGISTER,
        program_id,
        key,
        guest.email,
        guest.first_name,
        guest.ip_address,
        guest.referral_id,
        guest.site_id,
        now,
    )
    return link


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFriend:
    """What the program knows of an address: whether its owner is a member, or ordered before."""

    is_member: bool
    ordered: bool
    on_referrers_address: bool


# Addresses are compared as they are and in their folded form; those with a `+` have an index for
# the latter, the others are their own folded form.
_FOLDED = """email_key LIKE '%+%' AND (split_part(split_part(email_key, '@', 1), '+', 1) || '@'
        || split_part(email_key, '@', 2)) = $3"""
_FRIEND = f"""
WITH known AS (
    SELECT customer_id, enrolled_at FROM customers
    WHERE program_id = $1 AND email_key IN ($2, $3)
    UNION
    SELECT customer_id, enrolled_at FROM customers WHERE program_id = $1 AND {_FOLDED}
)
SELECT
    EXISTS (SELECT FROM known WHERE enrolled_at IS NOT NULL) AS is_member,
    EXISTS (SELECT FROM known JOIN orders o
            ON o.program_id = $1 AND o.customer_id = known.customer_id
        WHERE o.paid_at IS NOT NULL)
    OR EXISTS (SELECT FROM orders WHERE program_id = $1 AND customer_id IS NULL
        AND email_key IN ($2, $3) AND paid_at IS NOT NULL)
    OR EXISTS (SELECT FROM orders WHERE program_id = $1 AND customer_id IS NULL
        AND {_FOLDED} AND paid_at IS NOT NULL) AS ordered,
    EXISTS (SELECT FROM orders WHERE program_id = $1 AND customer_id = $4
        AND ip_address = $6)
    OR EXISTS (SELECT FROM referral_guests WHERE program_id = $1 AND referral_id = $5
        AND ip_address = $6) AS on_referrers_address
"""  # noqa: S608 - made of the constant above


async def find_friend(on: Runner, sender: Sender, *, email: str, ip_address: str) -> KnownFriend:
    """What is known of who would be a friend of the sender's."""
    row = await on.row(
        _FRIEND,
        sender.program_id,
        email_key(email),
        folded(email),
        sender.customer_id,
        sender.referral_id,
        ip_address,
    )
    return KnownFriend(**dict(row or {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A friend's code; it is not given before it is made."""

    code: str
    is_made: bool


# The code of a friend who came before.
_GIVEN = """
SELECT code, made_at IS NOT NULL AS is_made FROM referral_incentives
WHERE program_id = $1 AND referral_id = $2 AND friend_key = $3
"""


async def find_incentive(
    on: Runner, program_id: int, referral_id: str, *, key: str
) -> Given | None:
    """The code set aside for a friend, if any."""
    row = await on.row(_GIVEN, program_id, referral_id, key)
    return Given(**dict(row)) if row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncentive:
    """What a friend is to be given; `code` None takes one of the pool.

    `made_at` None: the shop that keeps the vouchers has still to make it.
    """

    referral_id: str
    friend_key: str
    code: str | None
    ip_address: str
    expires_at: datetime | None
    made_at: datetime | None


_SET_ASIDE = "SELECT code, is_made FROM leal_give_incentive($1, $2, $3, $4, $5, $6, $7, $8, $9)"


async def set_incentive_aside(
    on: Runner, program_id: int, wanted: NewIncentive, *, now: datetime
) -> Given | None:
    """Sets a code aside, or finds the one that was before; None when the pool is empty."""
    row = await on.row(
        _SET_ASIDE,
        program_id,
        wanted.referral_id,
        wanted.friend_key,
        wanted.code,
        INCENTIVE_POOL,
        wanted.ip_address,
        wanted.expires_at,
        wanted.made_at,
        now,
    )
    return Given(**dict(row)) if row and row["code"] else None


_MADE = """
UPDATE referral_incentives SET made_at = $4
WHERE program_id = $1 AND referral_id = $2 AND friend_key = $3 AND made_at IS NULL
"""


async def note_made(
    on: Runner, program_id: int, referral_id: str, *, key: str, now: datetime
) -> None:
    """The shop has the friend's voucher."""
    await on.execute(_MADE, program_id, referral_id, key, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What ties an order to somebody who sent its buyer.

    `referrer_id` is who is known to have sent them, by an order before or at this one, with
    `order_id` the order that made it so, and `friend_key` what its buyer was known by then. `first`
    tells whether this is the buyer's first order. `joined_through` is who brought the buyer in,
    `named` whom the order itself names, by a referral id or a code. `email` is the buyer's.
    """

    referrer_id: int | None
    order_id: int | None
    friend_key: str | None
    first: bool
    joined_through: int | None
    named: int | None
    joined_at: datetime | None


_TRACE = """
SELECT
    r.referrer_id, r.order_id, r.friend_key,
    NOT EXISTS (SELECT FROM orders o WHERE o.program_id = $1 AND o.order_id < $2
        AND (o.customer_id = $4 OR (o.customer_id IS NULL AND o.email_key IN ($5, $8))
            OR o.customer_id IN (SELECT k.customer_id FROM customers k
                WHERE k.program_id = $1 AND k.email_key IN ($5, $8)))) AS first,
    (SELECT coalesce(j.merged_into, j.customer_id) FROM customers j
        WHERE j.program_id = $1 AND j.customer_id = c.referred_by) AS joined_through,
    c.enrolled_at AS joined_at,
    coalesce(
        (SELECT coalesce(merged_into, customer_id) FROM customers
            WHERE program_id = $1 AND referral_id = $6),
        (SELECT n.customer_id FROM referral_guests g
            JOIN customers n ON n.program_id = $1 AND n.email_key = g.email_key
            WHERE g.program_id = $1 AND g.referral_id = $6),
        (SELECT coalesce(n.merged_into, n.customer_id) FROM referral_incentives i
            JOIN customers n ON n.program_id = $1 AND n.referral_id = i.referral_id
            WHERE i.program_id = $1 AND upper(i.code) = ANY($7::text[]) LIMIT 1)) AS named
FROM (SELECT) AS here
LEFT JOIN LATERAL (
    SELECT referrer_id, order_id, friend_key FROM referrals
    WHERE program_id = $1 AND (friend_key = $3 OR order_id = $2)
    ORDER BY order_id = $2 DESC LIMIT 1
) AS r ON true
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
        order.customer_email and folded(order.customer_email),
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


# Who sent the friend whose first order this is.
_REFERRER = """
SELECT referrer_id FROM referrals WHERE program_id = $1 AND friend_key = $2 AND order_id = $3
"""


async def find_referrer(on: Runner, program_id: int, wanted: Referral) -> int | None:
    """Who sent the friend, if it is this order that made the referral."""
    found: int | None = await on.value(_REFERRER, program_id, wanted.friend_key, wanted.order_id)
    return found


# The claim that a referral gave, when its rule gives a reward.
_GAVE = "SELECT claimed_reward_id FROM history WHERE program_id = $1 AND source = $2"


async def find_claim_given(on: Runner, program_id: int, source: str) -> int | None:
    """The claim of the history row with this outside cause."""
    found: int | None = await on.value(_GAVE, program_id, source)
    return found
