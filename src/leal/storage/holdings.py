"""Which tables hold data of persons, and what of it goes when one is erased.

A table that holds anything about a person has a row in `HOLDINGS`; every other one is named in
`IMPERSONAL` with the reason. A test reads the database's own list of tables and fails when one is
in neither, and another looks for a person in all of them after an erasure.

Ids that leal or the shop counted up stay: of a customer, of an order. They tell nothing to anybody
who has not the shop's own books, and without them the ledger would prove nothing any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A table that holds data of persons.

    `export` says which rows `t` are about the person, listed in the order of `key`; `erase` is the
    statement that empties them, in which `/*own*/` stands for `export`. Both follow
    `WITH person AS (…)`, whose columns are those of `_PERSON`. `kept` are columns of text or JSON
    that stay at an erasure, with the reason why they may.
    """

    table: str
    key: str
    export: str
    erase: str | None = None
    kept: Mapping[str, str] = field(default_factory=dict)


_OWN_ROWS: Final = "t.program_id = person.program_id AND t.customer_id = person.customer_id"
_OWN_CLAIMS: Final = """t.program_id = person.program_id AND t.claimed_reward_id IN (
    SELECT r.claimed_reward_id FROM claimed_rewards r
    WHERE r.program_id = person.program_id AND r.customer_id = person.customer_id)"""
_OWN_DELIVERIES: Final = """t.program_id = person.program_id AND t.delivery_id IN (
    SELECT d.delivery_id FROM deliveries d
    WHERE d.program_id = person.program_id AND d.customer_id = person.customer_id)"""
_OWN_ORDERS: Final = """t.program_id = person.program_id
    AND (t.customer_id = person.customer_id OR t.email_key = person.email_key)"""
_BY_LEAL: Final = "made by leal or the merchant, for everybody alike"
_NEVER_AGAIN: Final = "a code that was handed out is never given again"
_OF_ORDERS: Final = "what was bought and paid: the points of the order are worked out from it"

HOLDINGS: Final = (
    Holding(
        table="customers",
        key="customer_id",
        export=_OWN_ROWS,
        erase="""
            UPDATE customers t SET version = version + 1,
                merchant_id = E'\\x7ferased-' || t.customer_id, linked_merchant_ids = '{}',
                email = NULL, email_key = NULL, first_name = NULL, last_name = NULL,
                properties = '{}', metadata = '{}', blocked = true, birth_year = NULL,
                birth_month = NULL, birth_day = NULL, birthday_set_at = NULL,
                email_consent = 'unknown', sms_consent = 'unknown', insights_segment = NULL,
                referral_id = person.new_link, erased_at = person.now, updated_at = person.now
            FROM person WHERE /*own*/""",
    ),
    Holding(
        table="customer_ids",
        key="merchant_id, t.site_id",
        export=_OWN_ROWS,
        # the customer keeps one id, that of their own row, by which nobody asks
        erase="""
            , own AS (
                SELECT c.merchant_id, t.site_id, min(t.merchant_id) AS first
                FROM customer_ids t, person, customers c
                WHERE /*own*/ AND c.program_id = t.program_id AND c.customer_id = t.customer_id
                    AND c.site_id = t.site_id
                GROUP BY 1, 2
            ), gone AS (
                DELETE FROM customer_ids t USING person, own
                WHERE /*own*/ AND (t.site_id, t.merchant_id) <> (own.site_id, own.first)
            )
            UPDATE customer_ids t SET merchant_id = own.merchant_id FROM person, own
            WHERE /*own*/ AND (t.site_id, t.merchant_id) = (own.site_id, own.first)""",
    ),
    Holding(
        table="orders",
        key="order_id",
        export=_OWN_ORDERS,
        # empty and not NULL: what the shop says of an old order later does not fill them again
        erase="""
            UPDATE orders t SET version = version + 1, customer_email = NULL, email_key = NULL,
                ip_address = '', user_agent = '', tracking_id = '',
                referral_id = CASE WHEN t.referral_id = person.referral_id
                    THEN person.new_link ELSE t.referral_id END,
                updated_at = person.now
            FROM person WHERE /*own*/""",
        kept={
            "merchant_id": "the shop's id of the order: later states of it must find it",
            "number": "the shop's number of the order",
            "payment_status": _OF_ORDERS,
            "refund_status": _OF_ORDERS,
            "cancellation_status": _OF_ORDERS,
            "discount_codes": _OF_ORDERS,
            "claimed_reward_ids": _OF_ORDERS,
            "line_items": _OF_ORDERS,
            "payments": _OF_ORDERS,
            "refunds": _OF_ORDERS,
            "paid_by": _OF_ORDERS,
            "terms": _OF_ORDERS,
            "not_fired": _OF_ORDERS,
            "counted": _OF_ORDERS,
        },
    ),
    Holding(
        table="history",
        key="history_id",
        export=_OWN_ROWS,
        # an activity's id is the shop's and may be the customer's own
        erase="""
            UPDATE history t SET
                reason = CASE WHEN t.customer_id = person.customer_id THEN NULL ELSE t.reason END,
                source = CASE
                    WHEN t.source = 'referral:' || person.folded AND EXISTS (
                        SELECT FROM history h WHERE h.program_id = person.program_id
                            AND h.source = 'referral:' || person.friend_key)
                    THEN 'erased:' || t.history_id
                    WHEN t.source = 'referral:' || person.folded
                    THEN 'referral:' || person.friend_key
                    WHEN t.customer_id = person.customer_id AND t.source LIKE 'activity:%'
                    THEN 'erased:' || t.history_id
                    ELSE t.source END
            FROM person WHERE t.program_id = person.program_id
                AND (t.customer_id = person.customer_id
                    OR t.source = 'referral:' || person.folded)""",
        kept=dict.fromkeys(
            ("kind", "state", "rule_kind", "reward_kind", "title"),
            _BY_LEAL,
        ),
    ),
    Holding(
        table="transactions",
        key="transaction_id",
        export=_OWN_ROWS,
        kept=dict.fromkeys(("resource", "cause", "lots"), "the ledger is never rewritten"),
    ),
    Holding(table="lots", key="expires_at", export=_OWN_ROWS),
    Holding(
        table="counters",
        key="subject, t.subject_id",
        export=_OWN_ROWS,
        kept={"subject": _BY_LEAL},
    ),
    Holding(table="progress", key="earned_on", export=_OWN_ROWS),
    Holding(
        table="claimed_rewards",
        key="claimed_reward_id",
        export=_OWN_ROWS,
        erase="""
            UPDATE claimed_rewards t SET session = NULL, subscription = NULL, cart_id = NULL
            FROM person WHERE /*own*/""",
        kept={
            **dict.fromkeys(
                (
                    *("kind", "title", "state", "source", "terms", "usage_status", "fulfilment"),
                    *("store", "redemption_id", "paid_lots"),
                ),
                _BY_LEAL,
            ),
            **dict.fromkeys(
                ("code", "code_key"), "a code that was handed out is never given again"
            ),
            "usage_order": "the shop's id of an order",
        },
    ),
    Holding(
        table="claim_uses",
        key="claimed_reward_id, t.key",
        export=_OWN_CLAIMS,
        kept=dict.fromkeys(("key", "reference"), "the shop's id of an order or a sale"),
    ),
    Holding(
        table="fulfilment_calls",
        key="claimed_reward_id",
        export=_OWN_CLAIMS,
        kept={"last_answer": "tells how a call went, nothing of what was said in it"},
    ),
    Holding(table="expiry_notices", key="expires_at", export=_OWN_ROWS),
    Holding(
        table="events",
        key="event_id",
        export=_OWN_ROWS,
        erase="""
            UPDATE events t SET payload = '{"erased": true}' FROM person
            WHERE t.program_id = person.program_id AND (t.customer_id = person.customer_id
                OR position(person.email_key IN lower(t.payload::text)) > 0)""",
        kept={"topic": _BY_LEAL},
    ),
    Holding(
        table="referrals",
        key="friend_key",
        export="""t.program_id = person.program_id
            AND (person.customer_id IN (t.friend_id, t.referrer_id)
                OR t.friend_key = person.folded)""",
        erase="""
            UPDATE referrals t SET friend_key = CASE WHEN EXISTS (
                SELECT FROM referrals r WHERE r.program_id = person.program_id
                    AND r.friend_key = person.friend_key)
                THEN 'erased:' || t.order_id ELSE person.friend_key END
            FROM person
            WHERE t.program_id = person.program_id AND t.friend_key = person.folded""",
    ),
    Holding(
        table="referral_incentives",
        key="referral_id, t.friend_key",
        export="""t.program_id = person.program_id
            AND (t.friend_key = person.folded OR t.referral_id = person.referral_id)""",
        erase="""
            UPDATE referral_incentives t SET
                referral_id = CASE WHEN t.referral_id = person.referral_id
                    THEN person.new_link ELSE t.referral_id END,
                friend_key = CASE WHEN t.friend_key = person.folded
                    THEN person.friend_key ELSE t.friend_key END,
                ip_address = ''
            FROM person WHERE t.program_id = person.program_id
                AND (t.friend_key = person.folded OR t.referral_id = person.referral_id)""",
        kept={"code": _NEVER_AGAIN},
    ),
    Holding(
        table="referral_guests",
        key="email_key",
        export="t.program_id = person.program_id AND t.email_key = person.email_key",
        erase="""
            DELETE FROM referral_guests t USING person
            WHERE t.program_id = person.program_id AND t.email_key = person.email_key""",
    ),
    Holding(
        table="referral_traffic",
        key="day, t.channel",
        export="t.program_id = person.program_id AND t.referral_id = person.referral_id",
        erase="""
            UPDATE referral_traffic t SET referral_id = person.new_link FROM person
            WHERE t.program_id = person.program_id AND t.referral_id = person.referral_id""",
        kept={"channel": _BY_LEAL},
    ),
    Holding(
        table="announcements",
        key="topic, t.subject",
        export=_OWN_ROWS,
        kept={"topic": _BY_LEAL},
    ),
    Holding(
        table="reviews",
        key="review_id",
        export=_OWN_ROWS,
        erase="""
            UPDATE reviews t SET full_text = NULL, moderation_url = NULL FROM person
            WHERE /*own*/""",
        kept={
            **dict.fromkeys(("platform", "merchant_id"), "the shop's id of the review"),
            "status": _BY_LEAL,
            "product_merchant_id": "the shop's id of a product",
        },
    ),
    Holding(
        table="merges",
        key="merge_id",
        export="t.program_id = person.program_id AND t.survivor_id = person.customer_id",
        # it cannot be taken back any more, for nobody knows who is who
        erase="""
            UPDATE merges t SET kept = '{}' FROM person
            WHERE t.program_id = person.program_id
                AND person.customer_id IN (t.survivor_id, t.merged_id)""",
        kept={"moved": "ids of rows and counts, by leal"},
    ),
    Holding(
        table="unsubscribes",
        key="unsubscribe_id",
        export="t.program_id = person.program_id AND t.email_key = person.email_key",
        erase="""
            DELETE FROM unsubscribes t USING person
            WHERE t.program_id = person.program_id AND t.email_key = person.email_key""",
    ),
    Holding(
        table="webview_sessions",
        key="created_at",
        export="""t.program_id = person.program_id
            AND t.merchant_id = ANY (person.merchant_ids)""",
        erase="""
            DELETE FROM webview_sessions t USING person
            WHERE t.program_id = person.program_id AND t.merchant_id = ANY (person.merchant_ids)""",
    ),
    Holding(
        table="delivery_attempts",
        key="attempt_id",
        export=_OWN_DELIVERIES,
        erase="""
            UPDATE delivery_attempts t SET snippet = NULL FROM person WHERE /*own*/""",
        kept={"error": "tells how a call went, nothing of what was said in it"},
    ),
    Holding(
        table="deliveries",
        key="delivery_id",
        export=_OWN_ROWS,
        # messages about others who tell of the person are worded anew when they are sent
        erase="""
            UPDATE deliveries t SET body = NULL, lease = NULL, leased_until = NULL,
                state = CASE WHEN t.customer_id = person.customer_id AND t.state = 'waiting'
                    THEN 'dead' ELSE t.state END,
                reason = CASE WHEN t.customer_id = person.customer_id AND t.state = 'waiting'
                    THEN 'The customer was erased' ELSE t.reason END,
                ended_at = CASE WHEN t.customer_id = person.customer_id
                    THEN coalesce(t.ended_at, person.now) ELSE t.ended_at END
            FROM person WHERE t.program_id = person.program_id
                AND (t.customer_id = person.customer_id
                    OR position(convert_to(person.email, 'UTF8') IN t.body) > 0)""",
        kept={"topic": _BY_LEAL, "state": _BY_LEAL, "reason": _BY_LEAL},
    ),
    Holding(
        table="idempotency_keys",
        key="created_at, t.key_hash",
        export="""t.program_id = person.program_id
            AND t.customer_ids @> ARRAY[person.customer_id]""",
        # the key stays used: the same request again is not run a second time
        erase="""
            UPDATE idempotency_keys t SET request_hash = NULL, status = 410, customer_ids = '{}',
                headers = '[["content-type", "application/json"], ["content-length", "62"]]',
                body = '{"error":{"message":"The customer of this answer was erased"}}'
            FROM person WHERE t.program_id = person.program_id AND t.status IS NOT NULL
                AND (t.customer_ids @> ARRAY[person.customer_id]
                    OR position(convert_to(person.email, 'UTF8') IN t.body) > 0)""",
        kept={"key_hash": "a digest from which nothing can be read"},
    ),
)
"""In the order in which an export tells of them."""

_QUEUE: Final = "jobs of whole programs, by number"
IMPERSONAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "programs": "the merchant's",
        "program_versions": "the merchant's documents",
        "sites": "credentials of shops",
        "api_keys": "credentials of shops",
        "code_pools": "counts codes of a reward",
        "pool_codes": "codes that nobody has",
        "reward_stock": "counts goods of a reward",
        "fulfilment_tests": "tries addresses of the merchant, without a customer",
        "points_daily": "sums over all customers",
        "points_daily_ends": "how far the sums go",
        "members_daily": "counts members of a tier",
        "webhooks": "addresses of the merchant and of apps",
        "webhook_cursors": "how far the log of events was told",
        "event_horizons": "how far the log of events was cleared",
        "webview_forms": "what was sent from a page, without who; goes with the page's session",
        "operators": "who works for the merchant, no customer",
        "operator_programs": "who works for the merchant, no customer",
        "operator_sessions": "who works for the merchant, no customer",
        "sign_in_attempts": "counts tries to sign in of who works for the merchant",
        "oauth_apps": "apps of others",
        "oauth_tokens": "credentials of apps",
        "oauth_codes": "credentials of apps",
        "audit": "what was done by hand; customers are named by leal's own ids only",
        "job_cursors": _QUEUE,
        "job_runs": _QUEUE,
        "pgqueuer": _QUEUE,
        "pgqueuer_log": _QUEUE,
        "pgqueuer_schedules": _QUEUE,
        "pgqueuer_statistics": _QUEUE,
        "schema_migrations": "what leal made the schema of",
    }
)
"""Tables that hold nothing of any person, and why not."""
