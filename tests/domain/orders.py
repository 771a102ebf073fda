"""A shop's customer in memory: what load and save do around a decision, without a database.

`Book` keeps rows as tables do. `load` returns an account exactly as the loading statement would;
`save` numbers new rows, applies each part of a change as the saving function does, and compares
what a later load returns with the account the change promised. `check` is the set of invariants.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from leal.domain import points
from leal.domain.awards import approve, standing_points
from leal.domain.change import Change, Progress, begin
from leal.domain.claims import ClaimedReward
from leal.domain.customers import (
    Account,
    Counter,
    Customer,
    Event,
    HistoryKind,
    HistoryRow,
    Lot,
    ProgressDays,
    Subject,
    Transaction,
)
from leal.domain.order_reports import new_order, updated
from leal.domain.ordering import work_off
from leal.domain.orders import (
    CancellationStatus,
    Order,
    OrderReport,
    PaymentStatus,
    RefundStatus,
)
from leal.domain.problems import Missing
from leal.domain.program import Program
from leal.domain.published import PublishedProgram
from leal.domain.scene import Scene
from leal.domain.sites import Site
from leal.domain.tier_settings import BoundaryMode
from tests.domain.scenes import NOON, member, scene_at
from tests.programs import Change as Edit
from tests.programs import program_with, put

SHOWN = 20


@dataclass(slots=True)
class Book:
    """One customer with everything that is kept of them; `at_site` None means the primary one."""

    program: Program
    customer: Customer = field(default_factory=lambda: member().customer)
    now: datetime = NOON
    version: int = 1
    history: dict[int, HistoryRow] = field(default_factory=dict)
    ledger: list[Transaction] = field(default_factory=list)
    lots: dict[datetime | None, int] = field(default_factory=dict)
    counters: dict[tuple[Subject, int], Counter] = field(default_factory=dict)
    progress: dict[date, Progress] = field(default_factory=dict)
    claims: list[ClaimedReward] = field(default_factory=list)
    orders: dict[tuple[str, int], Order] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def create(self, report: OrderReport, name: str = "1", *, at_site: int | None = None) -> Order:
        """The shop tells of an order, for the first time or again."""
        scene = self.scene(at_site)
        known = self.find(name, at_site)
        if known is None:
            order = new_order(
                report, scene.site, merchant_id=name, email="alice@example.com", now=self.now
            )
        else:
            order = updated(known, report, self._site_of(known, scene), now=self.now)
        return self._worked_off(order, scene)

    def update(self, report: OrderReport, name: str = "1", *, at_site: int | None = None) -> Order:
        """The shop reports the state of an order it told of before; else Missing."""
        scene = self.scene(at_site)
        known = self.find(name, at_site)
        if known is None:
            raise Missing("order", "No order with this merchant id")
        return self._worked_off(
            updated(known, report, self._site_of(known, scene), now=self.now), scene
        )

    def give(self, amount: int) -> None:
        """Points by hand; a negative amount takes them."""
        act = points.add_by_hand if amount > 0 else points.remove_by_hand
        self.save(act(self.load(), self.scene(), points=abs(amount), reason=None))

    def approve_due(self) -> None:
        """What has waited long enough becomes spendable."""
        due = [
            row
            for row in self.history.values()
            if row.state == "pending" and row.approve_at and row.approve_at <= self.now
        ]
        for row in due:
            account = replace(self.load(), rows=(row,))
            self.save(approve(begin(account), self.scene(), row))

    def later(self, days: int) -> None:
        """Time passes, and what is due is approved."""
        self.now += timedelta(days=days)
        self.approve_due()

    def find(self, name: str, at_site: int | None = None) -> Order | None:
        """An order by the shop's id; without a site, that of the lowest one."""
        found = [
            order
            for (known, site_id), order in self.orders.items()
            if known == name and at_site in (None, site_id)
        ]
        return min(found, key=lambda order: order.site_id, default=None)

    def scene(self, at_site: int | None = None) -> Scene:
        """The program in force, now, on a site."""
        scene = scene_at(self.program, self.now)
        site = self.program.site(at_site) if at_site else None
        published = PublishedProgram(id=1, version=self.version, program=self.program)
        return replace(scene, published=published, site=site or scene.site)

    def publish(self, program: Program) -> None:
        """Another version of the program comes into force."""
        self.program, self.version = program, self.version + 1

    def load(self, order: Order | None = None) -> Account:
        """The account as the loading statement returns it, with the rows of an order."""
        newest = sorted(
            self.history.values(), key=lambda row: (row.happened_at, row.id), reverse=True
        )
        rows = [
            row for row in self.history.values() if order and order.id and row.order_id == order.id
        ]
        lots = [Lot(expires_at=at, remaining=left) for at, left in self.lots.items() if left]
        return Account(
            customer=self.customer,
            history=tuple(newest[:SHOWN]),
            claims=tuple(reversed(self.claims))[:SHOWN],
            counters=tuple(self.counters.values()),
            progress=self._days(),
            lots=tuple(lots),
            rows=tuple(rows),
        )

    def save(self, change: Change) -> None:
        """Applies a change as the database does, and checks it against what it promised."""
        self._save_order(change)
        claim_ids = [len(self.claims) + number + 1 for number in range(len(change.claims))]
        self.claims += [
            replace(claim, id=number)
            for claim, number in zip(change.claims, claim_ids, strict=True)
        ]
        ids = [len(self.history) + number + 1 for number in range(len(change.history))]
        order_id = self._order_id(change)
        for row, number in zip(change.history, ids, strict=True):
            linked = order_id if (row.order_id or 0) < 0 else row.order_id
            claim = row.claimed_reward_id
            claim = claim_ids[-claim - 1] if claim and claim < 0 else claim
            assert row.source is None or row.source not in self.sources()
            self.history[number] = replace(row, id=number, order_id=linked, claimed_reward_id=claim)
        for row in change.changed_history:
            self.history[row.id] = replace(
                self.history[row.id],
                state=row.state,
                points=row.points,
                approve_at=row.approve_at,
                expires_at=row.expires_at,
            )
        for entry in change.transactions:
            self._post(entry, ids)
        for counter in change.counters:
            self.counters[counter.subject, counter.subject_id] = counter
        for gain in change.progress:
            self._gain(gain)
        self.events += change.events
        self.customer = replace(change.account.customer, version=change.before.customer.version + 1)
        self._agrees_with(change.account)

    def sources(self) -> list[str]:
        """Every outside cause applied so far."""
        return [row.source for row in self.history.values() if row.source is not None]

    def points_by_rule(self, name: str = "1") -> dict[int, int]:
        """What stands of an order, rule by rule; rules that stand for nothing are left out."""
        order = self.find(name)
        return {
            row.rule_id or 0: standing_points(row)
            for row in self.history.values()
            if order and row.order_id == order.id and standing_points(row)
        }

    def states(self, name: str = "1") -> dict[int, str | None]:
        """The state of each award of an order."""
        order = self.find(name)
        return {
            row.rule_id or 0: row.state
            for row in self.history.values()
            if order and row.order_id == order.id
        }

    def balances(self) -> tuple[int, int]:
        """Approved and pending."""
        return self.customer.points_approved, self.customer.points_pending

    def check(self) -> None:
        """Balances, lots, history, progress and counters agree with each other."""
        customer = self.customer
        assert customer.points_approved == sum(entry.points_approved for entry in self.ledger)
        assert customer.points_pending == sum(entry.points_pending for entry in self.ledger)
        assert customer.points_spent == 0
        assert customer.points_pending >= 0
        assert sum(self.lots.values()) == max(0, customer.points_approved)
        assert len(self.sources()) == len(set(self.sources()))
        for row in self.history.values():
            self._check_row(row)
        self._check_progress()

    def _worked_off(self, order: Order, scene: Scene) -> Order:
        change = work_off(begin(self.load(order)), scene, order)
        self.save(change)
        self.check()
        return self.orders[order.merchant_id, order.site_id]

    def _save_order(self, change: Change) -> None:
        order = change.order
        if order is None:
            return
        known = self.orders.get((order.merchant_id, order.site_id))
        assert (known.version if known else 0) == order.version
        self.orders[order.merchant_id, order.site_id] = replace(
            order, id=order.id or len(self.orders) + 1, version=order.version + 1
        )

    def _order_id(self, change: Change) -> int | None:
        order = change.order
        return self.orders[order.merchant_id, order.site_id].id if order else None

    def _post(self, entry: Transaction, new_ids: list[int]) -> None:
        row_id = entry.history_id
        row_id = new_ids[-row_id - 1] if row_id < 0 else row_id
        causes = {(each.history_id, each.cause) for each in self.ledger}
        assert (row_id, entry.cause) not in causes, "posted twice"
        self.ledger.append(replace(entry, history_id=row_id))
        for expires_at, moved in entry.lots:
            assert moved > 0 or expires_at in self.lots
            self.lots[expires_at] = self.lots.get(expires_at, 0) + moved
            assert self.lots[expires_at] >= 0

    def _gain(self, gain: Progress) -> None:
        known = self.progress.get(gain.earned_on, Progress(earned_on=gain.earned_on))
        self.progress[gain.earned_on] = Progress(
            earned_on=gain.earned_on,
            points=known.points + gain.points,
            spend=known.spend + gain.spend,
            orders=known.orders + gain.orders,
        )

    def _days(self) -> ProgressDays:
        tiers = self.program.tiers
        if tiers is None:
            return ProgressDays()
        return ProgressDays.of(
            {day: _amount(gain, tiers.boundary_mode) for day, gain in self.progress.items()}
        )

    def _agrees_with(self, promised: Account) -> None:
        """The reply was made from the promised account: a load says the same."""
        loaded = self.load()
        assert replace(loaded.customer, version=0) == replace(promised.customer, version=0)
        assert {lot.expires_at: lot.remaining for lot in loaded.lots} == {
            lot.expires_at: lot.remaining for lot in promised.lots if lot.remaining
        }
        if self.program.tiers:
            assert loaded.progress == promised.progress
        assert set(loaded.counters) == set(promised.counters)
        shown = [(row.kind, row.state, row.points) for row in promised.history[:SHOWN]]
        assert sorted(map(str, shown)) == sorted(
            str((row.kind, row.state, row.points)) for row in loaded.history
        )

    def _check_row(self, row: HistoryRow) -> None:
        entries = [entry for entry in self.ledger if entry.history_id == row.id]
        approved = sum(entry.points_approved for entry in entries)
        pending = sum(entry.points_pending for entry in entries)
        if row.kind is HistoryKind.EARNED:
            stands = standing_points(row)
            assert (approved, pending) == ((0, stands) if row.state == "pending" else (stands, 0))
            assert row.state in ("pending", "approved", "declined", "void")
            assert (row.state in ("pending", "approved")) == (stands > 0)

    def _check_progress(self) -> None:
        for day in self.progress.values():
            assert min(day.spend, day.orders) >= 0
            counted = [
                order.counted
                for order in self.orders.values()
                if order.counted and order.counted.counted_on == day.earned_on
            ]
            assert day.spend == sum(each.spend_minor for each in counted)
            assert day.orders == sum(each.orders for each in counted)
        days = self.progress.values()
        assert self.customer.lifetime_points == sum(day.points for day in days)
        assert self.customer.lifetime_spend == sum(day.spend for day in days)
        assert self.customer.lifetime_orders == sum(day.orders for day in days)

    def _site_of(self, order: Order, scene: Scene) -> Site:
        return self.program.site(order.site_id) or scene.site


def purchase(points: int = 1, **terms: object) -> dict[str, object]:
    return {"id": 1, "kind": "purchase", "title": "Make a purchase", "points": points, **terms}


def shop(*edits: Edit, points: int = 1, **terms: object) -> Program:
    """One shop in dollars, one rule: points for each dollar spent."""
    rules = [purchase(points, **terms)]
    return program_with(put("rules", rules), put("rewards", []), *edits)


def paid(
    total: str,
    *,
    total_paid: Decimal | None = None,
    total_shipping: Decimal | None = None,
    total_tax: Decimal | None = None,
    total_refunded: Decimal | None = None,
    gift_card: Decimal | None = None,
) -> OrderReport:
    return OrderReport(
        payment_status=PaymentStatus.PAID,
        total=Decimal(total),
        total_paid=total_paid,
        total_shipping=total_shipping,
        total_tax=total_tax,
        total_refunded=total_refunded,
        gift_card=gift_card,
    )


def refunded(amount: str) -> OrderReport:
    return OrderReport(
        refund_status=RefundStatus.PARTIALLY_REFUNDED, total_refunded=Decimal(amount)
    )


UNPAID = OrderReport(payment_status=PaymentStatus.NOT_PAID)
PAID_NOW = OrderReport(payment_status=PaymentStatus.PAID)
ALL_BACK = OrderReport(refund_status=RefundStatus.REFUNDED)
CANCELLED = OrderReport(cancellation_status=CancellationStatus.CANCELLED)
REINSTATED = OrderReport(
    cancellation_status=CancellationStatus.NOT_CANCELLED,
    refund_status=RefundStatus.NOT_REFUNDED,
    total_refunded=Decimal(0),
)


def net_of(order: Order) -> Fraction:
    """What counts of an order, in minor units, written down once more from the rule in words.

    Paid in full and standing, it is what was paid, less shipping, untaxed where tax earns nothing,
    less the gift card; a refund takes the part of it that it is of the goods.
    """
    gone = order.cancellation_status == "cancelled" or order.refund_status == "refunded"
    if order.payment_status != "paid" or gone:
        return Fraction(0)
    goods = (order.paid_minor or order.total_minor) - order.shipping_minor
    if goods <= 0:
        return Fraction(0)
    base = goods - order.gift_card_minor
    if not order.counts_tax:
        base -= order.tax_minor
    left = 1 - Fraction(order.refunded_minor, goods)
    return max(Fraction(0), base * left) if base > 0 else Fraction(0)


def _amount(day: Progress, mode: BoundaryMode) -> int:
    return {
        BoundaryMode.POINTS: day.points,
        BoundaryMode.SPEND: day.spend,
        BoundaryMode.ORDERS: day.orders,
    }[mode]
