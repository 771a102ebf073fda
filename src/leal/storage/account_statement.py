"""The statement that loads an account: the customer with all that decisions and views read.

There is one text with two places to fill: by what the customer is found, and what is read besides.
Parameters: $1 program, $2 the key, $3 an e-mail key to look up, $4 until when wanted lots end, $5
and $6 since which day and in which unit progress is wanted; for the larger form also $7 and $8 an
order's merchant id and site, $9 the time until which pending awards are due, $10 an outside cause,
$11 to $13 claims by their ids, codes or redemptions. Of who is found on a site, three come last:
the site, the e-mail key by which they may be known elsewhere, and whether an id of another site
will do.
"""

from enum import StrEnum

from leal.storage.codes import STOCKED

# Everything a decision and a view need of one customer, with the program's version in force and
# how far its clock is ahead.
# Of history and claims the newest 20 are shown, so the cost does not grow with a customer's past.
# Rows are given with every field, nulls too: the decoder takes longer over one that is missing.
_ACCOUNT = """
SELECT p.version AS program_version, p.clock_offset_seconds,
    (SELECT json_agg(json_build_array(reward_id, variant_id, given))
        FROM reward_stock WHERE program_id = $1) AS given,
    (SELECT array_agg(s.reward_id) FROM (/*stocked*/) AS s) AS pools,
    $3::text IS NOT NULL AND EXISTS (
        SELECT FROM customers e
        WHERE e.program_id = $1 AND e.email_key = $3 AND e.customer_id IS DISTINCT FROM who.id
    ) AS email_taken, who.by_email, who.sites,
    (SELECT g.referral_id FROM referral_guests g
        WHERE g.program_id = $1 AND g.email_key = $3 AND NOT EXISTS (
            SELECT FROM customers e WHERE e.program_id = $1 AND e.referral_id = g.referral_id)
    ) AS link,
    (SELECT row_to_json(account) FROM (
        SELECT p.version AS program_version,
            (SELECT row_to_json(customer) FROM (SELECT
                c.customer_id AS id, c.version, c.site_id, c.merchant_id, c.email, c.first_name,
                c.last_name, c.linked_merchant_ids, c.properties, c.metadata, c.blocked,
                c.enrolled_at, c.points_approved, c.points_pending, c.points_spent,
                c.rewards_claimed, c.rewards_used, c.lifetime_points, c.lifetime_spend,
                c.lifetime_orders, c.email_consent, c.sms_consent, c.referral_id,
                c.insights_segment, c.birthday_set_at, c.created_at, c.updated_at,
                CASE WHEN c.tier_id IS NOT NULL THEN json_build_object(
                    'tier_id', c.tier_id, 'started_at', c.tier_started_at,
                    'expires_at', c.tier_expires_at, 'manual', c.tier_manual) END AS tier,
                CASE WHEN c.birth_month IS NOT NULL THEN json_build_object(
                    'month', c.birth_month, 'day', c.birth_day, 'year', c.birth_year
                ) END AS birthday,
                CASE WHEN c.referred_by IS NOT NULL THEN (
                    SELECT json_build_object('id', r.customer_id, 'merchant_id', r.merchant_id,
                        'noted_id', c.referred_by)
                    FROM customers n JOIN customers r ON r.program_id = $1
                        AND r.customer_id = coalesce(n.merged_into, n.customer_id)
                    WHERE n.program_id = $1 AND n.customer_id = c.referred_by
                ) END AS referred_by
            ) AS customer) AS customer,
            coalesce((SELECT json_agg(row_to_json(h)) FROM (
                SELECT /*row*/, NULL AS program_version
                FROM history WHERE program_id = $1 AND customer_id = c.customer_id
                ORDER BY happened_at DESC, history_id DESC LIMIT 20
            ) AS h), '[]') AS history,
            coalesce((SELECT json_agg(row_to_json(r)) FROM (
                SELECT /*claim*/, false AS from_pool, '[]'::json AS uses FROM claimed_rewards r
                WHERE r.program_id = $1 AND r.customer_id = c.customer_id
                ORDER BY r.claimed_at DESC, r.claimed_reward_id DESC LIMIT 20
            ) AS r), '[]') AS claims,
            /*held*/
            coalesce((SELECT json_agg(row_to_json(n)) FROM (
                SELECT subject, subject_id, total, day, week, month, year, last_at
                FROM counters WHERE program_id = $1 AND customer_id = c.customer_id
            ) AS n), '[]') AS counters,
            CASE WHEN $5::date IS NULL THEN '{}' ELSE (
                SELECT json_build_object(
                    'days', coalesce(array_agg(d.number), '{}'),
                    'amounts', coalesce(array_agg(d.amount), '{}'))
                FROM (
                    SELECT earned_on - date '0001-01-01' + 1 AS number,
                        CASE $6::text WHEN 'points' THEN points WHEN 'spend' THEN spend
                            ELSE orders END AS amount
                    FROM progress
                    WHERE program_id = $1 AND customer_id = c.customer_id AND earned_on >= $5
                    ORDER BY earned_on
                ) AS d) END AS progress,
            CASE WHEN $4::timestamptz IS NULL THEN '[]' ELSE
                coalesce((SELECT json_agg(row_to_json(l)) FROM (
                    SELECT nullif(expires_at, 'infinity') AS expires_at, remaining
                    FROM lots
                    WHERE program_id = $1 AND customer_id = c.customer_id AND remaining > 0
                        AND (expires_at <= $4::timestamptz OR expires_at = 'infinity')
                    ORDER BY expires_at
                ) AS l), '[]') END AS lots/*more*/
        FROM customers c WHERE c.program_id = $1 AND c.customer_id = who.id
    ) AS account) AS account
FROM programs p/*key*/ WHERE p.program_id = $1
"""

# An order by the shop's id of it; without a site, that of the lowest site.
_ORDER = """(
    SELECT o.order_id FROM orders o
    WHERE o.program_id = $1 AND o.merchant_id = $7 AND ($8::bigint IS NULL OR o.site_id = $8)
    ORDER BY o.site_id LIMIT 1
)"""

# Whose a shop's id is, for statements that need no more; $2 is the id, $3 the site whose ids are
# meant or NULL. On that site it is one customer's; elsewhere it says nothing when several have it.
WHOSE = """(SELECT coalesce(
        min(i.customer_id) FILTER (WHERE i.site_id = $3::bigint),
        CASE WHEN min(i.customer_id) = max(i.customer_id) THEN min(i.customer_id) END)
    FROM customer_ids i WHERE i.program_id = $1 AND i.merchant_id = $2)"""

# Who a customer is today: they may have been merged into another; $2 is leal's id.
STANDS_FOR = """coalesce((SELECT m.merged_into FROM customers m
        WHERE m.program_id = $1 AND m.customer_id = $2::bigint), $2::bigint)"""

CLAIM_COLUMNS = """r.claimed_reward_id AS id, r.reward_id, r.kind, r.title, r.state, r.source,
                    r.source_id, r.site_id, r.points_cost, r.points_refunded, r.paid_lots, r.code,
                    r.terms, r.claimed_at, r.auto_refund_at, r.expires_at, r.used_at,
                    r.usage_status, r.balance_minor, r.cart_id, r.redemption_id, r.fulfilment,
                    r.fulfilled_at, r.usage_order, r.session, r.subscription, r.store,
                    r.settle_by, r.from_shelf"""

_IN_CARTS = """r.program_id = $1 AND r.customer_id = c.customer_id
                    AND r.redemption_id IS NOT NULL AND r.state = 'approved'
                    AND r.usage_status = 'not_used'"""

# Free products that wait in carts.
_HELD = """coalesce((SELECT json_agg(row_to_json(r)) FROM (
                SELECT /*claim*/, false AS from_pool, '[]'::json AS uses FROM claimed_rewards r
                WHERE /*carts*/
            ) AS r), '[]') AS held,"""

# The claims a decision is about, by their ids, with the free products that wait in carts.
_CLAIM_IDS = """(
                    SELECT r.claimed_reward_id FROM claimed_rewards r WHERE /*carts*/
                    UNION
                    SELECT unnest($11::bigint[])
                    UNION
                    SELECT r.claimed_reward_id FROM claimed_rewards r
                    WHERE r.program_id = $1 AND r.code_key = ANY($12::text[])
                    UNION
                    SELECT r.claimed_reward_id FROM claimed_rewards r
                    WHERE r.program_id = $1 AND r.redemption_id = ANY($13::text[])
                )"""

_HELD_WITH_USES = """coalesce((SELECT json_agg(row_to_json(r)) FROM (
                SELECT /*claim*/, false AS from_pool,
                    coalesce((SELECT json_agg(row_to_json(u)) FROM (
                        SELECT key, reference, order_id, amount_minor, used_at, ignored
                        FROM claim_uses
                        WHERE program_id = $1 AND claimed_reward_id = r.claimed_reward_id
                        ORDER BY used_at, key
                    ) AS u), '[]') AS uses
                FROM claimed_rewards r
                WHERE r.program_id = $1 AND r.customer_id = c.customer_id
                    AND r.claimed_reward_id IN /*claims*/
            ) AS r), '[]') AS held,"""

HISTORY_COLUMNS = """history_id AS id, kind, state, happened_at, points, rule_id, rule_kind,
                    reward_id, reward_kind, claimed_reward_id, tier_id, order_id, site_id, title,
                    reason, source, approve_at, expires_at"""

# The rows of history a decision is about, however old: those of an order, those that are due, and
# the one of an outside cause.
_ROWS = """,
            coalesce((SELECT json_agg(row_to_json(w)) FROM (
                SELECT /*row*/ FROM history
                WHERE $7::text IS NOT NULL AND program_id = $1 AND order_id = /*order*/
                UNION ALL
                (SELECT /*row*/ FROM history
                WHERE $9::timestamptz IS NOT NULL AND program_id = $1
                    AND customer_id = c.customer_id AND state = 'pending' AND approve_at <= $9
                ORDER BY approve_at LIMIT 200)
                UNION ALL
                SELECT /*row*/ FROM history
                WHERE $10::text IS NOT NULL AND program_id = $1 AND source = $10
                    AND customer_id = c.customer_id
                UNION
                SELECT /*row*/ FROM history
                WHERE program_id = $1 AND customer_id = c.customer_id
                    AND claimed_reward_id IN /*claims*/
            ) AS w), '[]') AS rows"""

ORDER_COLUMNS = """o.order_id AS id, o.version, o.site_id, o.merchant_id, o.number,
        o.customer_email, o.guest, o.total_minor, o.shipping_minor, o.tax_minor,
        o.discounts_minor, o.gift_card_minor, o.paid_minor, o.refunded_minor, o.payment_status,
        o.refund_status, o.cancellation_status, o.discount_codes, o.claimed_reward_ids,
        o.line_items, o.payments, o.refunds, o.referral_id, o.tracking_id, o.ip_address,
        o.user_agent, o.ordered_at, o.paid_at, o.paid_by, o.program_version, o.tier_id,
        o.counts_tax, o.terms, o.not_fired, o.counted, o.follow_up_due, o.created_at,
        o.updated_at"""

# The order itself, with the customer it belongs to, beside the account, and when no site was told
# those that have one with the id; and whether the outside cause was applied already, to whomever.
_ORDER_TOO = """,
    (SELECT row_to_json(found) FROM (
        SELECT /*columns*/ FROM orders o WHERE o.program_id = $1 AND o.order_id = /*order*/
    ) AS found) AS "order",
    (SELECT o.customer_id FROM orders o WHERE o.program_id = $1 AND o.order_id = /*order*/
    ) AS order_customer_id,
    CASE WHEN $7::text IS NOT NULL AND $8::bigint IS NULL THEN (
        SELECT array_agg(o.site_id ORDER BY o.site_id) FROM orders o
        WHERE o.program_id = $1 AND o.merchant_id = $7) END AS order_sites,
    $10::text IS NOT NULL AND EXISTS (
        SELECT FROM history WHERE program_id = $1 AND source = $10
    ) AS source_known,
    $7::text IS NOT NULL AND EXISTS (
        SELECT FROM claimed_rewards WHERE program_id = $1 AND usage_order = $7
    ) AS claims_announced
FROM programs p"""


class Key(StrEnum):
    """By what a customer is found; the text says who that is.

    `who.by_email` tells that the shop's id is not theirs yet, and `who.sites` where several have
    it. The texts are kept from being pulled apart (OFFSET 0), or they would run once for each use.
    """

    # the shop's id, on whichever site: one customer's, or it says nothing
    MERCHANT_ID = """
    CROSS JOIN LATERAL (
        SELECT CASE WHEN min(i.customer_id) = max(i.customer_id) THEN min(i.customer_id) END AS id,
            false AS by_email,
            CASE WHEN min(i.customer_id) < max(i.customer_id)
                THEN array_agg(i.site_id ORDER BY i.site_id) END AS sites
        FROM customer_ids i WHERE i.program_id = $1 AND i.merchant_id = $2 OFFSET 0
    ) AS who"""
    # the shop's id on a site; else who has the address, and no id there; else another site's id
    ID_ON_SITE = """
    CROSS JOIN LATERAL (
        SELECT (SELECT i.customer_id FROM customer_ids i WHERE i.program_id = $1
            AND i.merchant_id = $2 AND i.site_id = /*site*/::bigint) AS id OFFSET 0
    ) AS here
    CROSS JOIN LATERAL (
        SELECT CASE WHEN here.id IS NULL THEN (
            SELECT e.customer_id FROM customers e
            WHERE e.program_id = $1 AND e.email_key = /*address*/::text AND NOT EXISTS (
                SELECT FROM customer_ids i WHERE i.program_id = $1
                    AND i.customer_id = e.customer_id AND i.site_id = /*site*/::bigint)
        ) END AS id OFFSET 0
    ) AS known
    CROSS JOIN LATERAL (
        SELECT coalesce(here.id, known.id, CASE WHEN /*elsewhere*/::boolean THEN (
            SELECT CASE WHEN min(i.customer_id) = max(i.customer_id) THEN min(i.customer_id) END
            FROM customer_ids i WHERE i.program_id = $1 AND i.merchant_id = $2
        ) END) AS id, known.id IS NOT NULL AS by_email, NULL::bigint[] AS sites OFFSET 0
    ) AS who"""
    CUSTOMER_ID = """
    CROSS JOIN LATERAL (
        SELECT /*stands for*/ AS id, false AS by_email, NULL::bigint[] AS sites OFFSET 0) AS who"""
    ORDER = """
    CROSS JOIN LATERAL (
        SELECT (SELECT o.customer_id FROM orders o
            WHERE o.program_id = $1 AND o.order_id = /*order*/ AND $2::text IS NULL) AS id,
            false AS by_email, NULL::bigint[] AS sites OFFSET 0) AS who"""


def statement(key: Key, *, more: bool) -> str:
    """The text for one way of finding the customer, in its small or its larger form."""
    text = _ACCOUNT.replace("/*more*/", _ROWS if more else "")
    text = text.replace("/*held*/", _HELD_WITH_USES if more else _HELD)
    if more:
        text = text.replace("\nFROM programs p", _ORDER_TOO)
    first = 14 if more else 7
    for mark, filling in (
        ("/*key*/", key),
        ("/*stands for*/", STANDS_FOR),
        ("/*site*/", f"${first}"),
        ("/*address*/", f"${first + 1}"),
        ("/*elsewhere*/", f"${first + 2}"),
        ("/*stocked*/", STOCKED),
        ("/*claims*/", _CLAIM_IDS),
        ("/*carts*/", _IN_CARTS),
        ("/*claim*/", CLAIM_COLUMNS),
        ("/*order*/", _ORDER),
        ("/*row*/", HISTORY_COLUMNS),
        ("/*columns*/", ORDER_COLUMNS),
    ):
        text = text.replace(mark, filling)
    return text


LOAD = statement(Key.MERCHANT_ID, more=False)
