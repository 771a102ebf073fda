"""Rewards against a real database: bought, used, given back, ended, and never twice.

Planted bugs these have caught: a refund that filled one new lot instead of those that were spent,
a partial refund posted anew with every update of the order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from leal.domain.activities import Activity, Verdict
from leal.domain.claims import ClaimedReward, ClaimState, UsageStatus
from leal.domain.customers import Account
from leal.domain.enrolment import Visit
from leal.domain.orders import OrderItem, OrderReport, PaymentStatus, RefundStatus
from leal.domain.refusals import (
    InsufficientPoints,
    RewardAlreadyRefunded,
    RewardAlreadyUsed,
    RewardLimitReached,
    RewardOutOfStock,
)
from leal.domain.rewards.redeeming import Redemption
from leal.usecases import activities, claims, customers, orders, points, rewards
from leal.usecases.desk import Ask
from leal.usecases.orders import Buyer
from leal.usecases.verification import verify
from tests.programs import Document, lion_rewards, put
from tests.worlds import World, world_on

ANN = Buyer(merchant_id="ann", email="ann@lion.example")
PAID = OrderReport(payment_status=PaymentStatus.PAID, total=Decimal(20))


def shelf() -> Document:
    """The lion's program with a reward of each kind that these tests are about."""
    document = lion_rewards()
    put("rules", [])(document)
    put(
        "rewards",
        [
            {
                "id": 1,
                "kind": "cart_discount_voucher",
                "title": "$5 off",
                "discount": {"amount": 5},
                "cost": 500,
                "limit": {"count": 2},
                "expires_after_days": 30,
            },
            {
                "id": 2,
                "kind": "gift_card",
                "title": "$10 card",
                "initial_balance": 10,
                "cost": 300,
            },
            {
                "id": 3,
                "kind": "product_cart",
                "title": "A free mug",
                "cost": 200,
                "product": {
                    "id": "mug",
                    "variants": [{"id": "red", "inventory_count": 1}, {"id": "blue"}],
                },
            },
        ],
    )(document)
    return document


@dataclass(slots=True)
class Shop:
    """A shop with one customer, Ann."""

    world: World

    @property
    def ask(self) -> Ask:
        return Ask(program_id=self.world.tenant.program_id)

    @property
    def ann(self) -> Account:
        return self.world.run(customers.get(self.world.desk, self.ask, "ann")).account

    def gives(self, amount: int) -> None:
        self.world.run(points.add(self.world.desk, self.ask, "ann", points=amount, reason=None))

    def claims(self, reward_id: int, **how: str) -> ClaimedReward:
        wanted = Redemption(
            reward_id=reward_id, variant_id=how.get("variant_id"), cart_id=how.get("cart_id")
        )
        return self.world.run(rewards.claim(self.world.desk, self.ask, "ann", wanted=wanted))[1]

    def refunds(self, claim: ClaimedReward) -> ClaimedReward:
        owned = self.world.run(
            rewards.find_owner(self.world.desk, self.world.tenant.program_id, claim.id)
        )
        return self.world.run(rewards.refund(self.world.desk, self.ask, owned))[1]

    def tells(
        self, report: OrderReport, name: str = "1", *, buyer: Buyer = ANN, site: int | None = None
    ) -> None:
        ask = replace(self.ask, site_id=site)
        self.world.run(orders.create(self.world.desk, ask, name, buyer=buyer, report=report))

    def passes(self) -> int:
        """Background work for claims."""
        return self.world.run(claims.move_on_all(self.world.desk, self.world.tenant.program_id))

    def shown(self, claim: ClaimedReward) -> ClaimedReward:
        return next(each for each in self.ann.claims if each.id == claim.id)

    def is_sound(self) -> bool:
        return not self.world.run(verify(self.world.desk.database)).violations


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    with world_on(database_url, shelf()) as world:
        opened = Shop(world)
        world.run(
            customers.initialize_session(
                world.desk, opened.ask, merchant_id="ann", visit=Visit(email="ann@lion.example")
            )
        )
        yield opened


def test_a_reward_is_bought_and_its_code_is_shown(shop: Shop) -> None:
    shop.gives(1000)
    claim = shop.claims(1)
    ann = shop.ann
    assert (ann.customer.points_approved, ann.customer.points_spent) == (500, 500)
    assert claim.code is not None
    assert claim.code.startswith("LL-")
    assert ann.claims == (replace(claim, paid_lots=ann.claims[0].paid_lots),)
    assert shop.is_sound()


def test_an_unused_reward_is_given_back_once_and_makes_room_in_its_limit(shop: Shop) -> None:
    shop.gives(1500)
    first = shop.claims(1)
    shop.claims(1)
    with pytest.raises(RewardLimitReached):
        shop.claims(1)
    assert shop.refunds(first).state is ClaimState.VOID
    with pytest.raises(RewardAlreadyRefunded):
        shop.refunds(first)
    assert shop.ann.customer.points_approved == 1000
    assert shop.ann.history[0].points == -500
    assert {row.state for row in shop.ann.history if row.claimed_reward_id == first.id} == {"void"}
    shop.claims(1)
    with pytest.raises(RewardLimitReached):
        shop.claims(1)
    assert shop.is_sound()


def test_an_order_with_the_code_uses_it_and_its_refund_gives_the_points_back(shop: Shop) -> None:
    """The shop's worked example: 1000 points, $5 off for 500, an order of two $10 goods."""
    shop.gives(1000)
    claim = shop.claims(1)
    code = ((claim.code or "").lower(), Decimal(5))
    shop.tells(replace(PAID, total=Decimal(15), discount_codes=(code,)))
    assert shop.shown(claim).usage_status is UsageStatus.USED
    assert shop.ann.customer.rewards_used == 1
    with pytest.raises(RewardAlreadyUsed):
        shop.refunds(claim)
    part = replace(
        PAID,
        total=Decimal(15),
        total_refunded=Decimal(10),
        refund_status=RefundStatus.PARTIALLY_REFUNDED,
    )
    shop.tells(part)
    assert shop.ann.customer.points_approved == 500
    shop.tells(replace(part, total_refunded=Decimal(15), refund_status=RefundStatus.REFUNDED))
    shop.tells(replace(part, total_refunded=Decimal(15), refund_status=RefundStatus.REFUNDED))
    assert shop.shown(claim).state is ClaimState.VOID
    assert shop.ann.customer.points_approved == 1000
    assert shop.ann.customer.points_spent == 0
    assert shop.is_sound()


def test_parts_come_back_in_proportion_where_the_program_says_so(shop: Shop) -> None:
    document = shelf()
    put("points.partial_refund_reimburses_rewards", value=True)(document)
    shop.world.publish(document)
    shop.gives(1000)
    claim = shop.claims(1)
    order = replace(PAID, total=Decimal(15), claimed_reward_ids=(claim.id,))
    shop.tells(order)
    part = replace(order, refund_status=RefundStatus.PARTIALLY_REFUNDED)
    for refunded, balance in ((5, 666), (5, 666), (10, 833), (5, 833)):
        shop.tells(replace(part, total_refunded=Decimal(refunded)))
        assert shop.ann.customer.points_approved == balance
    shop.tells(replace(part, total_refunded=Decimal(15), refund_status=RefundStatus.REFUNDED))
    assert shop.ann.customer.points_approved == 1000
    assert shop.is_sound()


def test_the_order_of_somebody_else_uses_the_code_as_well(shop: Shop) -> None:
    shop.gives(1000)
    claim = shop.claims(1)
    used = replace(PAID, discount_codes=((claim.code or "", None),))
    shop.tells(used, buyer=Buyer(merchant_id="bob", email="bob@lion.example"))
    shop.tells(used, "2", buyer=Buyer(merchant_id=None, email="cleo@lion.example"))
    assert shop.shown(claim).usage_status is UsageStatus.USED
    shop.tells(
        replace(used, refund_status=RefundStatus.REFUNDED),
        "2",
        buyer=Buyer(merchant_id=None, email="cleo@lion.example"),
    )
    assert shop.shown(claim).state is ClaimState.APPROVED, "the second order did not use it"
    assert shop.is_sound()


def test_a_gift_card_is_used_until_it_is_empty(shop: Shop) -> None:
    shop.gives(300)
    card = shop.claims(2)
    for name, amount, status, left in (
        ("1", 4, UsageStatus.PARTIALLY_USED, 600),
        ("1", 4, UsageStatus.PARTIALLY_USED, 600),
        ("2", 8, UsageStatus.USED, 0),
    ):
        shop.tells(replace(PAID, discount_codes=((card.code or "", Decimal(amount)),)), name)
        shown = shop.shown(card)
        assert (shown.usage_status, shown.balance_minor) == (status, left)
    shop.tells(replace(PAID, refund_status=RefundStatus.REFUNDED))
    assert shop.shown(card).state is ClaimState.APPROVED
    assert shop.is_sound()


def test_a_free_product_is_counted_and_comes_back_after_an_hour(shop: Shop) -> None:
    shop.gives(400)
    mug = shop.claims(3, variant_id="red", cart_id="cart")
    assert shop.ann.held[0].redemption_id == mug.redemption_id
    with pytest.raises(RewardOutOfStock):
        shop.claims(3, variant_id="red", cart_id="cart")
    assert shop.passes() == 0
    shop.world.later(minutes=60)
    assert shop.passes() == 1
    assert shop.passes() == 0
    assert shop.ann.customer.points_approved == 400
    again = shop.claims(3, variant_id="red", cart_id="cart")
    item = OrderItem(product_id="mug", redemption_id=again.redemption_id)
    shop.tells(replace(PAID, line_items=(item,)))
    assert shop.shown(again).usage_status is UsageStatus.USED
    shop.world.later(minutes=60)
    assert shop.passes() == 0
    assert shop.ann.customer.points_approved == 200
    assert shop.is_sound()


def test_an_unused_reward_expires_without_its_points(shop: Shop) -> None:
    shop.gives(1000)
    used, unused = shop.claims(1), shop.claims(1)
    shop.tells(replace(PAID, discount_codes=((used.code or "", None),)))
    shop.world.later(days=30)
    assert shop.passes() == 1
    assert shop.shown(unused).state is ClaimState.EXPIRED
    assert shop.shown(used).state is ClaimState.APPROVED
    assert shop.ann.customer.points_approved == 0
    assert shop.is_sound()


def test_points_are_spent_only_when_there_are_enough(shop: Shop) -> None:
    shop.gives(499)
    with pytest.raises(InsufficientPoints) as refused:
        shop.claims(1)
    assert refused.value.missing == 1
    assert shop.ann.claims == ()


def test_what_was_given_free_does_not_come_back_to_the_shelf(shop: Shop) -> None:
    """A granted product took nothing from the shelf, so taking it back puts nothing there."""
    document = shelf()
    put("rewards.2.product.variant_id", "red")(document)
    quiz = {"id": 9, "kind": "custom", "name": "quiz", "title": "Quiz", "reward": 3}
    put("rules", [quiz])(document)
    shop.world.publish(document)
    done = Activity(name="quiz", merchant_id="7")
    desk, ask = shop.world.desk, shop.ask
    shop.world.run(activities.create(desk, ask, "ann", email="ann@lion.example", activity=done))
    shop.gives(400)
    shop.claims(3, variant_id="red", cart_id="cart")
    shop.world.run(activities.update(desk, ask, "quiz", merchant_id="7", verdict=Verdict.DECLINED))
    with pytest.raises(RewardOutOfStock):
        shop.claims(3, variant_id="red", cart_id="other")
    assert shop.is_sound()
