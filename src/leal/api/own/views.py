"""The objects of leal's own API: explanations, exact to the last fraction, and reports."""

import csv
import io
from datetime import datetime
from fractions import Fraction
from typing import Final

from leal.domain.customers import HistoryRow
from leal.domain.explaining import GoodsRate, Nothing, PointsExplained, Unfired
from leal.domain.money import from_minor, minor_digits
from leal.domain.rules.completion import WhyNot
from leal.storage.explain import Entry
from leal.usecases.explain import EntryExplained, Explained, LimitThen, OrderExplained
from leal.usecases.reports import COLUMNS, DayReport, Report

Json = dict[str, object]


def explained(found: Explained, *, cursor: str | None) -> Json:
    """A part of a customer's ledger, explained; `cursor` leads to the older entries."""
    person = found.customer
    return {
        "customer": {
            "id": person.id,
            "merchant_id": person.merchant_id,
            "points_approved": person.points_approved,
            "points_pending": person.points_pending,
            "points_spent": person.points_spent,
        },
        "program_version": found.program_version,
        "entries": [_entry(each) for each in found.entries],
        "orders": [_order(each) for each in found.orders],
        "cursor": {"next": cursor},
    }


def report(found: Report) -> Json:
    """A report on points, day by day."""
    return {
        "from": found.period.first.isoformat(),
        "to": found.period.last.isoformat(),
        "timezone": found.timezone,
        "totals": _day(found.totals),
        "days": [{"day": each.day.isoformat(), **_day(each)} for each in found.days],
    }


def report_csv(found: Report) -> str:
    """The same as lines of text, the first one with the names of the columns."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(("day", *COLUMNS))
    for each in found.days:
        table.writerow((each.day.isoformat(), *(getattr(each, name) for name in COLUMNS)))
    return written.getvalue()


def exact(number: Fraction) -> str:
    """A number without any loss: decimal digits where they come to an end, else a fraction."""
    twos, fives, rest = 0, 0, number.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % _FIVE == 0:
        rest, fives = rest // _FIVE, fives + 1
    if rest != 1:
        return f"{number.numerator}/{number.denominator}"
    digits = max(twos, fives)
    whole = abs(number.numerator) * 10**digits // number.denominator
    text = str(whole).rjust(digits + 1, "0")
    sign = "-" if number < 0 else ""
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


def money(minor: int, currency: str) -> str:
    """An amount in main units with all digits of its currency."""
    return f"{from_minor(minor, currency):f}"


def part_of_money(minor: Fraction, currency: str) -> str:
    """An amount that may be finer than its currency, in main units, exactly."""
    if minor.denominator == 1:
        return money(minor.numerator, currency)
    return exact(minor / 10 ** minor_digits(currency))


def instant(moment: datetime | None) -> str | None:
    """A moment in UTC, always with milliseconds, or null."""
    return None if moment is None else moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def code_of(why: str) -> str:
    """The short name of a reason; reasons that this leal does not know are all `other`."""
    return _CODES.get(why, "other")


_FIVE: Final = 5
_CODES: Final = {each.value: each.name.lower() for kind in (WhyNot, Nothing) for each in kind}


def _entry(found: EntryExplained) -> Json:
    entry, order = found.entry, found.order
    return {
        "id": entry.id,
        "created_at": instant(entry.created_at),
        "resource": entry.resource,
        "cause": entry.cause,
        "moved": {
            "approved": entry.points_approved,
            "pending": entry.points_pending,
            "spent": entry.points_spent,
        },
        "lots": [
            {"expires_at": instant(expires), "points": points} for expires, points in entry.lots
        ],
        "history": _history(entry.row),
        "rule": _rule(entry.row),
        "limit": found.limit and _limit(found.limit),
        "order": order and {"id": order.id, "merchant_id": order.merchant_id},
        "claimed_reward": _claim(entry),
    }


def _history(row: HistoryRow) -> Json:
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "happened_at": instant(row.happened_at),
        "points": row.points,
        "title": row.title,
        "reason": row.reason,
        "source": row.source,
        "approve_at": instant(row.approve_at),
        "expires_at": instant(row.expires_at),
        "program_version": row.program_version,
    }


def _rule(row: HistoryRow) -> Json | None:
    if row.rule_id is None:
        return None
    return {"id": row.rule_id, "kind": row.rule_kind, "title": row.title}


def _limit(limit: LimitThen) -> Json:
    return {"allowed": limit.allowed, "interval": limit.interval, "number": limit.number}


def _claim(entry: Entry) -> Json | None:
    claim = entry.claim
    if claim is None:
        return None
    return {
        "id": claim.id,
        "reward_id": claim.reward_id,
        "title": claim.title,
        "state": claim.state,
        "points_cost": claim.points_cost,
    }


def _order(found: OrderExplained) -> Json:
    order = found.order
    return {
        "id": order.id,
        "merchant_id": order.merchant_id,
        "site_id": order.site_id,
        "currency": found.currency,
        "payment_status": order.payment_status,
        "refund_status": order.refund_status,
        "cancellation_status": order.cancellation_status,
        "paid_at": instant(order.paid_at),
        "paid_by": order.paid_by,
        "program_version": order.program_version,
        "tier_id": order.tier_id,
        "unpromised": found.unpromised and _why(found.unpromised),
        "awards": [_award(each, found.currency) for each in found.awards],
        "not_fired": [_unfired(each) for each in found.unfired],
    }


def _award(found: PointsExplained, currency: str) -> Json:
    terms = found.terms
    return {
        "rule": {"id": terms.rule_id, "kind": terms.rule_kind, "title": terms.title},
        "gross": money(found.gross_minor, currency),
        "shipping": money(found.shipping_minor, currency),
        "tax": money(found.tax_minor, currency),
        "gift_card": money(found.gift_card_minor, currency),
        "base": money(found.base_minor, currency),
        "refunded": money(found.refunded_minor, currency),
        "refund_share": part_of_money(found.refund_share_minor, currency),
        "net": part_of_money(found.net_minor, currency),
        "nothing": found.nothing and _why(found.nothing),
        "points_per": "currency_unit" if terms.per_unit else "order",
        "rate": exact(found.rate),
        "goods": [_goods(each, currency) for each in found.goods],
        "exact": exact(found.exact),
        "rounding": terms.rounding,
        "points": found.points,
        "approve_at": instant(terms.approve_at),
        "expires_at": instant(terms.expires_at),
    }


def _goods(found: GoodsRate, currency: str) -> Json:
    item = found.item
    return {
        "product_id": item.product_id,
        "quantity": item.quantity,
        "price": money(item.price_minor, currency),
        "modifier": found.modifier,
        "rate": exact(found.rate),
    }


def _unfired(found: Unfired) -> Json:
    rule = {"id": found.rule_id, "kind": found.rule_kind, "title": found.title}
    return {"rule": rule, "why": _why(found.why)}


def _why(why: str) -> Json:
    return {"code": code_of(why), "message": str(why)}


def _day(found: DayReport) -> Json:
    return {name: getattr(found, name) for name in COLUMNS}
