"""Orders against a real database: whoever sends what twice, at once, late or for somebody else.

Bugs these have caught: simultaneous orders of one guest refused as an outage. Planted: an order
handed over to whoever is named last, one more statement in the way of an award.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from leal.domain.customers import Customer, CustomerState
from leal.domain.enrolment import Visit
from leal.domain.orders import Order, OrderReport
from leal.domain.problems import Missing
from leal.usecases import customers, orders
from leal.usecases.desk import Ask
from leal.usecases.orders import Buyer
from leal.usecases.verification import verify
from tests.domain.order_events import Told, deliver, deliveries
from tests.domain.orders import CANCELLED, PAID_NOW, UNPAID, Book, paid, refunded
from tests.domain.scenes import member
from tests.programs import Document, lion_rewards, put, second_site
from tests.soak import examples
from tests.worlds import START, World, world_on

ANN = Buyer(merchant_id="ann", email="ann@lion.example")


_OWNER = """
SELECT c.merchant_id FROM orders o LEFT JOIN customers c USING (program_id, customer_id)
WHERE o.merchant_id = $1
"""


@dataclass(slots=True)
class Shop:
    """A shop that tells leal of its orders."""

    world: World

    @property
    def ask(self) -> Ask:
        return Ask(program_id=self.world.tenant.program_id)

    def joins(self, name: str) -> None:
        """Somebody becomes a member, and gets nothing for it."""
        visit = Visit(email=f"{name}@lion.example")
        self.world.run(
            customers.initialize_session(self.world.desk, self.ask, merchant_id=name, visit=visit)
        )

    def create(
        self, report: OrderReport, name: str = "1", *, buyer: Buyer = ANN, site: int = 1
    ) -> Awaitable[None]:
        ask = replace(self.ask, site_id=site)
        return orders.create(self.world.desk, ask, name, buyer=buyer, report=report)

    def update(
        self, report: OrderReport, name: str = "1", *, site: int | None = None
    ) -> Awaitable[None]:
        ask = replace(self.ask, site_id=site)
        return orders.update(self.world.desk, ask, name, report=report)

    def tells(self, *reports: Awaitable[None]) -> None:
        """One after another."""
        for report in reports:
            self.world.run(report)

    def tells_at_once(self, *reports: Awaitable[None]) -> None:
        """All at the same moment."""

        async def together() -> None:
            await asyncio.gather(*reports)

        self.world.run(together())

    def customer(self, name: str = "ann") -> Customer:
        return self.world.run(customers.get(self.world.desk, self.ask, name)).account.customer

    def balances(self, name: str = "ann") -> tuple[int, int]:
        customer = self.customer(name)
        return customer.points_approved, customer.points_pending

    def order(self, name: str = "1") -> Order:
        return self.world.run(orders.get(self.world.desk, self.ask, name))[0]

    def rows(self, sql: str, *args: object) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.world.run(self.world.database.rows(sql, *args))]

    def owner(self, name: str = "1") -> str | None:
        """Whose order it is."""
        ((owner,),) = self.rows(_OWNER, name)
        return None if owner is None else str(owner)

    def is_right(self) -> bool:
        """The books of everybody, as `leal verify` sees them."""
        report = self.world.run(verify(self.world.database))
        assert report.violations == ()
        return report.is_clean


def document() -> Document:
    """Points for each dollar, more in gold; nothing for joining."""
    made = lion_rewards()
    rules = [{"id": 1, "kind": "purchase", "title": "Buy", "points": 5, "approval_days": 14}]
    put("rules", rules)(made)
    put("rules.0.tiers", {"gold": {"points": 10}})(made)
    second_site({"primary": False, "currency": "usd", "languages": ["en"]})(made)
    put("sites.0.primary", value=True)(made)
    return made


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    with world_on(database_url, document()) as world:
        made = Shop(world)
        made.joins("ann")
        yield made
        assert made.is_right()


def test_telling_twice_awards_once(shop: Shop) -> None:
    shop.tells(*(shop.create(paid("20")) for _ in range(3)))
    assert shop.balances() == (0, 100)
    assert shop.rows("SELECT count(*) FROM transactions") == [(1,)]
    assert shop.order().version == 3


def test_an_award_is_two_round_trips(shop: Shop) -> None:
    shop.tells(shop.create(paid("20"), "warm"))
    for report in (
        shop.create(paid("200"), "2"),
        shop.create(paid("20"), "2"),
        shop.update(refunded("5"), "2"),
        shop.update(CANCELLED, "2"),
    ):
        shop.world.statements.clear()
        shop.tells(report)
        assert len(shop.world.statements) == 2


def test_an_update_of_an_unknown_order_changes_nothing(shop: Shop) -> None:
    with pytest.raises(Missing):
        shop.tells(shop.update(PAID_NOW))
    assert shop.rows("SELECT count(*) FROM orders") == [(0,)]


@pytest.mark.parametrize(
    ("guest", "state", "points"),
    [
        (None, CustomerState.GUEST, (0, 0)),
        (True, CustomerState.GUEST, (0, 0)),
        (False, CustomerState.ENROLLED, (0, 100)),
    ],
)
def test_an_unknown_buyer_is_created(
    shop: Shop, *, guest: bool | None, state: CustomerState, points: tuple[int, int]
) -> None:
    buyer = Buyer(merchant_id="bob", email="bob@lion.example", guest=guest)
    shop.tells(shop.create(paid("20"), buyer=buyer))
    customer = shop.customer("bob")
    assert (customer.state, customer.email) == (state, "bob@lion.example")
    assert shop.balances("bob") == points
    assert (customer.lifetime_spend, customer.lifetime_orders) == (2000, 1)


def test_a_buyer_with_somebody_elses_address_is_created_without_it(shop: Shop) -> None:
    shop.tells(shop.create(paid("20"), buyer=replace(ANN, merchant_id="ann2")))
    assert shop.customer("ann2").email is None
    assert shop.balances() == (0, 0)


def test_a_guests_order_is_kept_until_somebody_is_known_by_the_address(shop: Shop) -> None:
    bob = Buyer(merchant_id=None, email="Bob@lion.example ")
    shop.tells(shop.create(replace(UNPAID, total=Decimal(20)), buyer=bob))
    shop.tells(shop.update(OrderReport(number="A-1")))
    assert shop.owner() is None
    shop.joins("bob")
    shop.tells(shop.create(paid("20"), buyer=bob))
    assert shop.owner() == "bob"
    assert shop.balances("bob") == (0, 100)


def test_what_a_guest_paid_before_joining_is_not_awarded_by_a_duplicate(shop: Shop) -> None:
    bob = Buyer(merchant_id=None, email="bob@lion.example")
    shop.tells(shop.create(paid("20"), buyer=bob))
    shop.joins("bob")
    shop.tells(shop.create(paid("20"), buyer=bob), shop.update(refunded("5")))
    assert (shop.owner(), shop.balances("bob")) == ("bob", (0, 0))
    assert shop.customer("bob").lifetime_spend == 1500


def test_an_order_without_anybody_is_kept(shop: Shop) -> None:
    nobody = Buyer(merchant_id=None, email=None)
    shop.tells(shop.create(paid("20"), buyer=nobody), shop.create(paid("20"), buyer=nobody))
    shop.tells(shop.update(refunded("5")))
    assert (shop.order().refunded_minor, shop.owner()) == (500, None)


def test_an_order_told_of_under_another_customer_stays_with_the_first(shop: Shop) -> None:
    shop.joins("bob")
    bob = Buyer(merchant_id="bob", email="bob@lion.example")
    stranger = Buyer(merchant_id="cem", email="cem@lion.example", guest=False)
    shop.tells(
        shop.create(paid("20")),
        shop.create(replace(paid("20"), total_refunded=Decimal(10)), buyer=bob),
        shop.create(paid("20"), buyer=stranger),
    )
    assert shop.owner() == "ann"
    # what the later reports say of the order itself counts
    assert shop.balances() == (0, 50)
    assert shop.balances("bob") == (0, 0)
    with pytest.raises(Missing):
        shop.customer("cem")


def test_the_same_number_in_two_shops_is_two_orders(shop: Shop) -> None:
    shop.tells(shop.create(paid("10"), site=2), shop.create(paid("20"), site=1))
    assert shop.balances() == (0, 150)
    shop.tells(shop.update(CANCELLED, site=2))
    assert shop.balances() == (0, 100)


@pytest.mark.parametrize(
    "buyer",
    [ANN, Buyer(merchant_id="new", email="new@lion.example", guest=False)],
    ids=["a member", "somebody new"],
)
def test_ten_at_once_award_once(shop: Shop, buyer: Buyer) -> None:
    shop.tells_at_once(*(shop.create(paid("20"), buyer=buyer) for _ in range(10)))
    assert shop.balances(buyer.merchant_id or "") == (0, 100)
    assert shop.rows("SELECT count(*) FROM transactions") == [(1,)]


def test_ten_guests_orders_at_once_are_one(shop: Shop) -> None:
    bob = Buyer(merchant_id=None, email="bob@lion.example")
    shop.tells_at_once(*(shop.create(paid("20"), buyer=bob) for _ in range(10)))
    assert shop.rows("SELECT count(*) FROM orders") == [(1,)]


def test_different_orders_of_one_customer_at_once_all_count(shop: Shop) -> None:
    shop.tells_at_once(*(shop.create(paid("1"), str(number)) for number in range(10)))
    assert shop.balances() == (0, 50)
    assert shop.customer().lifetime_orders == 10


def test_refunds_and_duplicates_at_once_end_as_if_one_came_after_the_other(shop: Shop) -> None:
    shop.tells(shop.create(paid("20")))
    shop.tells_at_once(
        *(shop.update(refunded("5")) for _ in range(5)),
        *(shop.create(paid("20")) for _ in range(5)),
    )
    assert shop.balances() == (0, 75)


def test_the_database_and_the_model_of_it_in_memory_agree(database_url: str) -> None:
    """What other tests prove in memory they prove of leal only because of this."""
    program_document = document()
    with world_on(database_url, program_document) as world:
        shop = Shop(world)
        numbers = iter(range(10_000))

        @settings(
            max_examples=examples(40, soak=1_000),
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(deliveries())
        def agree(told: Told) -> None:
            name = f"c{next(numbers)}"
            shop.joins(name)
            buyer = Buyer(merchant_id=name, email=f"{name}@lion.example")
            book = Book(world.published.program, member(born=START).customer, now=world.now)
            for how, report in told:
                deliver(book, how, report)
                act = (
                    shop.create(report, name, buyer=buyer)
                    if how == "create"
                    else shop.update(report, name)
                )
                try:
                    shop.tells(act)
                except Missing:
                    assert not book.orders
                _same(book, shop, name)

        agree()
        assert shop.is_right()


def _same(book: Book, shop: Shop, name: str) -> None:
    customer = shop.customer(name)
    assert shop.balances(name) == book.balances()
    assert customer.lifetime_spend == book.customer.lifetime_spend
    assert customer.lifetime_orders == book.customer.lifetime_orders
    assert (customer.tier and customer.tier.tier_id) == (
        book.customer.tier and book.customer.tier.tier_id
    )
    if book.orders:
        known, found = book.find("1"), shop.order(name)
        assert known
        assert known == replace(
            found, id=known.id, merchant_id="1", customer_email=known.customer_email
        )
