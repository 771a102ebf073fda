"""What a customer's account must be, worked out anew from the list of all that ever happened.

Written without any code of leal, on plain dicts, for a shop in New York with this program: points
by rule, two tiers by spend for life, points that end after some months by the day they were earned.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
GOLD_FROM_MINOR = 10_000
JOIN_POINTS = 100
REVIEW_POINTS = 20
EXPIRE_MONTHS = 2


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a version of the program says."""

    rate: int
    gold_rate: int
    approval_days: int
    rounding: str
    visit_points: int
    visits: int
    interval: str


@dataclass(frozen=True, kw_only=True)
class Fact:
    what: str
    at: datetime
    name: str = ""
    how: str = ""
    amount: int = 0
    said: dict[str, Any] = field(default_factory=dict)
    setup: Setup | None = None


class Model:
    def __init__(self, setup: Setup, facts: list[Fact]) -> None:
        self.setup, self.now = setup, datetime.min.replace(tzinfo=UTC)
        self.approved = self.pending = self.earned = self.spend = 0
        self.joined = self.blocked = self.gold = False
        self.lots: dict[datetime, int] = {}
        self.awards: list[dict[str, Any]] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.visited: list[datetime] = []
        self.reviews: dict[str, dict[str, Any]] = {}
        for fact in facts:
            self.now = fact.at
            getattr(self, fact.what)(fact)

    def session(self, fact: Fact) -> None:
        self.lapse()
        if self.blocked:
            return
        if not self.joined:
            self.joined = True
            self.award("join", JOIN_POINTS)
        if fact.how and not self.visited_enough():
            self.visited.append(fact.at)
            self.award("visit", self.setup.visit_points)

    def visited_enough(self) -> bool:
        same = [at for at in self.visited if self.interval(at) == self.interval(self.now)]
        return len(same) >= self.setup.visits

    def review(self, fact: Fact) -> None:
        self.lapse()
        if self.blocked or fact.name in self.reviews:
            return
        award = {"what": "review", "points": REVIEW_POINTS, "state": "pending", "approve_at": None}
        self.reviews[fact.name] = award | {"expires_at": self.expiry(self.now)}
        self.awards.append(self.reviews[fact.name])
        self.pending += REVIEW_POINTS

    def verdict(self, fact: Fact) -> None:
        award = self.reviews.get(fact.name)
        self.lapse()
        if award is None:
            return
        waits = award["state"] == "pending"
        if waits:
            self.pending -= award["points"]
            award["state"] = "approved" if fact.how == "approved" else "declined"
            if fact.how == "approved":
                if award["expires_at"] <= self.now:
                    award["expires_at"] = self.expiry(self.now)
                self.gain(award["points"], award)
        elif award["state"] == "approved" and fact.how != "approved":
            award["state"] = "void"
            self.earned -= award["points"]
            self.spend_points(award["points"])

    def advance(self, fact: Fact) -> None:
        hours = fact.amount
        while hours > 0:
            self.now += timedelta(hours=min(24, hours))
            hours -= 24
            self.due(fact)

    def block(self, fact: Fact) -> None:
        self.lapse()
        self.blocked = bool(fact.how)

    def publish(self, fact: Fact) -> None:
        self.setup = fact.setup or self.setup

    def give(self, fact: Fact) -> None:
        self.lapse()
        self.award("hand", fact.amount)

    def take(self, fact: Fact) -> None:
        self.lapse()
        self.spend_points(fact.amount)

    def due(self, _fact: Fact) -> None:
        self.lapse()
        waiting = [each for each in self.awards if each["state"] == "pending"]
        dated = [each for each in waiting if each["approve_at"] is not None]
        for award in sorted(dated, key=lambda each: each["approve_at"]):
            if award["approve_at"] <= self.now:
                award["state"] = "approved"
                self.pending -= award["points"]
                self.gain(award["points"], award)
        self.lapse()

    def order(self, fact: Fact) -> None:
        if fact.name not in self.orders and fact.how == "update":
            return
        self.lapse()
        order = self.orders.setdefault(fact.name, dict(NEW_ORDER))
        tell(order, fact.said)
        if order["payment"] == "paid" and order["paid_at"] is None:
            order["paid_at"], order["mine"] = self.now, not self.blocked
        net = net_of(order)
        if order.get("mine") and not self.blocked and net > 0 and order["terms"] is None:
            days = timedelta(days=self.setup.approval_days)
            order["terms"] = {
                "rate": self.setup.gold_rate if self.gold else self.setup.rate,
                "rounding": self.setup.rounding,
                "approve_at": order["paid_at"] + days,
                "expires_at": max(self.expiry(self.now), order["paid_at"] + days),
            }
        self.spend = sum(floor(net_of(each)) for each in self.orders.values())
        self.gold = self.gold or self.spend >= GOLD_FROM_MINOR
        if order["terms"]:
            self.settle(order, rounded(net * order["terms"]["rate"] / 100, order["terms"]))
        self.lapse()  # what comes back after its day goes at once

    def settle(self, order: dict[str, Any], points: int) -> None:
        award = order["award"]
        if award is None and points:
            terms = order["terms"]
            award = order["award"] = {"what": "order", "points": 0, "state": "declined"} | terms
            self.awards.append(award)
        if award is None or award["state"] == "expired":
            return
        stands = award["points"] if award["state"] in ("pending", "approved") else 0
        if points == stands:
            return
        if award["state"] in ("declined", "void"):
            award["state"] = "pending" if award["approve_at"] > self.now else "approved"
        if award["state"] == "pending":
            self.pending += points - stands
        elif points > stands:
            self.gain(points - stands, award)
        else:
            self.earned -= stands - points
            self.spend_points(stands - points)
        ended = "declined" if award["state"] == "pending" else "void"
        award |= {"points": points} if points else {"state": ended}

    def award(self, what: str, points: int) -> None:
        award = {"what": what, "points": points, "state": "approved"}
        self.awards.append(award | {"expires_at": self.expiry(self.now)})
        self.gain(points, self.awards[-1])

    def gain(self, points: int, award: dict[str, Any]) -> None:
        debt = max(0, -self.approved)
        self.approved += points
        self.earned += points
        if points > debt:
            held = self.lots.get(award["expires_at"], 0)
            self.lots[award["expires_at"]] = held + points - debt

    def spend_points(self, points: int) -> None:
        self.approved -= points
        for end in sorted(self.lots):
            taken = min(points, self.lots[end])
            self.lots[end] -= taken
            points -= taken

    def seen(self, now: datetime) -> int:
        """The approved points as they are shown: what is over by now is gone, saved or not."""
        over = sum(left for end, left in self.lots.items() if end <= now)
        return self.approved - over

    def lapse(self) -> None:
        over = {end: left for end, left in self.lots.items() if end <= self.now and left}
        self.approved -= sum(over.values())
        for end, points in over.items():
            self.lots[end] = 0
            left = points
            for award in reversed(self.awards):
                if left > 0 and (award["state"], award["expires_at"]) == ("approved", end):
                    award["state"] = "expired"
                    left -= award["points"]

    def interval(self, at: datetime) -> date:
        day = at.astimezone(ZONE).date()
        if self.setup.interval == "week":
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self.setup.interval == "month" else day

    def expiry(self, at: datetime) -> datetime:
        day = at.astimezone(ZONE).date()
        year, month = divmod(day.year * 12 + day.month - 1 + EXPIRE_MONTHS, 12)
        ends = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
        return datetime.combine(ends, time(), ZONE).astimezone(UTC)


NEW_ORDER: dict[str, Any] = {
    "paid_at": None,
    "terms": None,
    "award": None,
    "payment": "not_paid",
    "paid": Decimal(0),
    "came": (),
    "went": (),
}


def tell(order: dict[str, Any], said: dict[str, Any]) -> None:
    """What a shop says of an order: all, some of it, or one payment or refund."""
    if said.get("payment") == "not_paid" or (
        said.get("payment") == "paid" and order["payment"] != "paid"
    ):
        order["paid"] = Decimal(0)
    if said.get("payment") == "not_paid":
        order["came"] = ()
    if said.get("refund") == "not_refunded":
        # who says that nothing came back need not say how much
        order |= {"went": (), "refunded": Decimal(0)}
    order.update(said)
    if "comes" in said:
        order["came"] += (order.pop("comes"),)
        order["paid"] = sum(order["came"])
        order["payment"] = "paid" if order["paid"] >= order["total"] else "partially_paid"
    if "goes" in said:
        order["went"] += (order.pop("goes"),)
        order["refunded"] = sum(order["went"])
        full = order["refunded"] >= (order["paid"] or order["total"])
        order["refund"] = "refunded" if full else "partially_refunded"


def net_of(order: dict[str, Any]) -> Fraction:
    """What counts of an order: paid, standing, without shipping and tax; in cents."""
    cents = {
        name: int(order[name].quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)
        for name in ("total", "shipping", "tax", "refunded", "paid")
    }
    goods = (cents["paid"] or cents["total"]) - cents["shipping"]
    gone = order["cancelled"] or order["refund"] == "refunded"
    if order["payment"] != "paid" or gone or goods <= 0:
        return Fraction(0)
    return Fraction(max(0, goods - cents["tax"]) * max(0, goods - cents["refunded"]), goods)


def rounded(exact: Fraction, terms: dict[str, Any]) -> int:
    if terms["rounding"] == "round":
        return floor(exact + Fraction(1, 2))
    return ceil(exact) if terms["rounding"] == "ceil" else floor(exact)
