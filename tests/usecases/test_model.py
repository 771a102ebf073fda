"""leal against a small model of it: the same happenings, compared after every single one.

Orders are told of, refunded, cancelled and come back; points are given and taken; people visit and
are blocked; time passes with and without the jobs; and the program changes in between.

Planted bugs these catch: points that expire last spent first, a lot that lapses a day early.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leal.domain.enrolment import Visit
from leal.domain.orders import CancellationStatus, OrderReport, PaymentStatus, RefundStatus
from leal.domain.problems import Missing
from leal.usecases import approvals, customers, lapsing, orders, points
from leal.usecases.desk import Ask
from leal.usecases.orders import Buyer
from leal.usecases.programs import Publisher
from leal.usecases.verification import verify
from tests.databases import DatabaseServer
from tests.soak import examples
from tests.usecases.model import Fact, Model, Setup
from tests.usecases.model_program import RULES, SETUPS, document
from tests.worlds import START, World, world_on

STEPS = 50
HAPPENINGS = {
    "order": 10,
    "update": 14,
    "give": 3,
    "take": 4,
    "session": 6,
    "wait": 5,
    "due": 6,
    "publish": 2,
    "block": 1,
}
PAYMENTS = ("paid", "paid", "paid", "not_paid", "partially_paid")
REFUNDS = ("not_refunded", "not_refunded", "partially_refunded", "refunded")
HOURS = (0, 1, 11, 23, 24, 25, 72, 14 * 24, 20 * 24, 45 * 24)

Happening = tuple[str, int, int]
happenings = st.lists(
    st.tuples(
        st.sampled_from([kind for kind, weight in HAPPENINGS.items() for _ in range(weight)]),
        st.integers(1, 400),
        st.integers(0, 9_999),
    ),
    min_size=STEPS,
    max_size=STEPS,
)


@dataclass(slots=True)
class Run:
    """One customer of a program of their own, and all that happened to them."""

    world: World
    program_id: int
    facts: list[Fact] = field(default_factory=list)

    @property
    def ask(self) -> Ask:
        return Ask(program_id=self.program_id)

    def happen(self, what: str, amount: int, detail: int) -> None:
        """Makes something happen, in leal and in the list of facts."""
        self.world.later(minutes=1)
        match what:
            case "order" | "update":
                self._order(what, amount, detail)
            case "wait" | "due":
                self.world.later(hours=HOURS[detail % len(HOURS)])
                if what == "due":
                    self._due()
            case "publish":
                self._publish(SETUPS[detail % len(SETUPS)])
            case "block":
                self._block(blocked=detail % 2 == 1)
            case "session":
                self._session(page=detail % 4 > 0)
            case _:
                self._by_hand(what, amount * (1 + detail % 3))

    def _order(self, what: str, amount: int, detail: int) -> None:
        name, said = str(detail % 3), _said(what, amount, detail // 3)
        self.note("order", name=name, how=what, said=said)
        buyer, report = Buyer(merchant_id="ann", email="ann@lion.example"), _report(said)
        desk = self.world.desk
        if what == "order":
            self.world.run(orders.create(desk, self.ask, name, buyer=buyer, report=report))
            return
        known = any(fact.name == name and fact.how == "order" for fact in self.facts)
        try:
            self.world.run(orders.update(desk, self.ask, name, report=report))
        except Missing:
            assert not known
        else:
            assert known

    def _due(self) -> None:
        self.note("due")
        self.world.run(approvals.approve_all(self.world.desk, self.program_id))
        self.world.run(lapsing.lapse_all(self.world.desk, self.program_id))

    def _publish(self, setup: Setup) -> None:
        self.note("publish", setup=setup)
        publisher = Publisher(self.world.database, self.world.sealer, fresh=secrets.token_hex)
        made = document(setup)
        self.world.run(publisher.publish(self.program_id, made, author="test", now=self.world.now))

    def _block(self, *, blocked: bool) -> None:
        self.note("block", how="blocked" if blocked else "")
        self.world.run(customers.update(self.world.desk, self.ask, "ann", blocked=blocked))

    def _session(self, *, page: bool) -> None:
        self.note("session", how="page" if page else "")
        url = "https://lion.example/" if page else None
        visit = Visit(email="ann@lion.example", page_url=url)
        self.world.run(
            customers.initialize_session(self.world.desk, self.ask, merchant_id="ann", visit=visit)
        )

    def _by_hand(self, what: str, amount: int) -> None:
        self.note(what, amount=amount)
        act = points.add if what == "give" else points.remove
        self.world.run(act(self.world.desk, self.ask, "ann", points=amount, reason=None))

    def note(self, what: str, **details: Any) -> None:
        self.facts.append(Fact(what=what, at=self.world.now, **details))

    def found(self) -> dict[str, object]:
        """The account as leal has it."""
        outcome = self.world.run(customers.get(self.world.desk, self.ask, "ann"))
        customer, rows = outcome.account.customer, self.world.database.rows
        awards = self.world.run(rows(_AWARDS, self.program_id))
        lots = self.world.run(rows(_LOTS, self.program_id))
        return {
            "approved": customer.points_approved,
            "pending": customer.points_pending,
            "earned": customer.lifetime_points,
            "spend": customer.lifetime_spend,
            "gold": customer.tier is not None and customer.tier.tier_id == 2,
            "awards": sorted((RULES[rule], name or "", *rest) for rule, name, *rest in awards),
            "lots": {row["expires_at"]: row["remaining"] for row in lots},
        }


_AWARDS = """
SELECT h.rule_id, o.merchant_id, h.state, h.points FROM history h
LEFT JOIN orders o USING (program_id, order_id)
WHERE program_id = $1 AND h.kind IN ('earned_points_from_rule', 'points_added')
"""
_LOTS = "SELECT expires_at, remaining FROM lots WHERE program_id = $1 AND remaining > 0"


def expected(facts: list[Fact], now: datetime) -> dict[str, object]:
    """The account as the model has it, and its points as they are shown."""
    model = Model(SETUPS[0], facts)
    names = {id(order["award"]): name for name, order in model.orders.items()}
    return {
        "approved": model.seen(now),
        "pending": model.pending,
        "earned": model.earned,
        "spend": model.spend,
        "gold": model.gold,
        "awards": sorted(
            (each["what"], names.get(id(each), ""), each["state"], each["points"])
            for each in model.awards
        ),
        "lots": {end: left for end, left in model.lots.items() if left},
    }


@pytest.fixture(scope="module")
def world(database_server: DatabaseServer) -> Iterator[World]:
    with database_server.fresh() as url, world_on(url, document(SETUPS[0])) as made:
        yield made
        assert made.run(verify(made.database)).violations == ()


@settings(
    max_examples=examples(40, soak=500),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
@given(happenings)
def test_leal_and_the_model_agree_after_every_step(world: World, told: list[Happening]) -> None:
    world.now = START
    run = Run(world, world.add_program(document(SETUPS[0])).program_id)
    run.happen("session", 1, 0)
    for each in told:
        run.happen(*each)
        assert run.found() == expected(run.facts, world.now), run.facts


def _said(what: str, amount: int, detail: int) -> dict[str, Any]:
    """All there is to say of an order, or one thing."""
    payment = PAYMENTS[detail % 5]
    refund = REFUNDS[detail // 5 % 4]
    back = Decimal(detail // 20 % 50 if refund == "partially_refunded" else 0)
    cancelled = detail // 1000 == 1
    whole = {
        "payment": payment,
        "refund": refund,
        "refunded": back,
        "cancelled": cancelled,
        "total": Decimal(amount) * 77 / 100,
        "shipping": Decimal(detail % 7),
        "tax": Decimal(detail % 11),
    }
    if what == "order":
        return whole
    parts: tuple[dict[str, Any], ...] = (
        {"payment": payment},
        {"refund": refund, "refunded": back},
        {"refund": "partially_refunded", "refunded": Decimal(amount) / 10},
        {"cancelled": not cancelled},
        {"cancelled": cancelled, "payment": "paid", "refund": "not_refunded"},
    )
    return parts[amount % len(parts)]


def _report(said: dict[str, Any]) -> OrderReport:
    cancelled = said.get("cancelled")
    return OrderReport(
        payment_status=PaymentStatus(said["payment"]) if "payment" in said else None,
        refund_status=RefundStatus(said["refund"]) if "refund" in said else None,
        cancellation_status=None if cancelled is None else _CANCELLATION[cancelled],
        total=said.get("total"),
        total_shipping=said.get("shipping"),
        total_tax=said.get("tax"),
        total_refunded=said.get("refunded"),
    )


_CANCELLATION = {True: CancellationStatus.CANCELLED, False: CancellationStatus.NOT_CANCELLED}
