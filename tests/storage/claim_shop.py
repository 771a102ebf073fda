"""A shop whose customers claimed, used and gave back rewards of each kind that is verified."""

from dataclasses import replace
from decimal import Decimal

from leal.domain.claims import ClaimedReward
from leal.domain.enrolment import Visit
from leal.domain.orders import OrderReport, PaymentStatus, RefundStatus
from leal.domain.rewards.redeeming import Redemption
from leal.usecases import customers, orders, points, rewards
from leal.usecases.desk import Ask
from leal.usecases.orders import Buyer
from leal.usecases.verification import Violation, verify
from tests.programs import Document, lion_rewards, put
from tests.worlds import World

PAID = OrderReport(payment_status=PaymentStatus.PAID, total=Decimal(15))

# Claims are numbered in the order they are made.
OF_ANN_FOR_JOINING, OF_BOB_FOR_JOINING, USED, UNUSED, CARD, RETURNED, MUG = range(1, 8)


def shelf() -> Document:
    """The lion's program with a limit, a gift card, a counted product, and one for joining."""
    document = lion_rewards()
    put("points.partial_refund_reimburses_rewards", value=True)(document)
    put("rules", [{"id": 1, "kind": "join_program", "title": "Join", "reward": 4}])(document)
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
                "product": {"id": "mug", "variants": [{"id": "red", "inventory_count": 3}]},
            },
            {"id": 4, "kind": "free_shipping_voucher", "title": "Free shipping", "cost": 300},
        ],
    )(document)
    return document


def ask(world: World) -> Ask:
    return Ask(program_id=world.tenant.program_id)


def claim(world: World, reward_id: int, **how: str) -> ClaimedReward:
    wanted = Redemption(
        reward_id=reward_id, variant_id=how.get("variant_id"), cart_id=how.get("cart_id")
    )
    return world.run(rewards.claim(world.desk, ask(world), "ann", wanted=wanted))[1]


def give_back(world: World, claim_id: int) -> None:
    owned = world.run(rewards.find_owner(world.desk, world.tenant.program_id, claim_id))
    world.run(rewards.refund(world.desk, ask(world), owned))


def tell(world: World, name: str, report: OrderReport) -> None:
    buyer = Buyer(merchant_id="ann", email="ann@lion.example")
    world.run(orders.create(world.desk, ask(world), name, buyer=buyer, report=report))


def populate(world: World) -> None:
    """Ann and Bob join; Ann buys five rewards, uses two and is given one back, one in part."""
    for name in ("ann", "bob"):
        visit = Visit(email=f"{name}@lion.example")
        world.run(
            customers.initialize_session(world.desk, ask(world), merchant_id=name, visit=visit)
        )
    world.run(points.add(world.desk, ask(world), "ann", points=2000, reason=None))
    voucher, _, card = claim(world, 1), claim(world, 1), claim(world, 2)
    order = replace(PAID, discount_codes=((voucher.code or "", None),))
    tell(world, "1", order)
    part = replace(order, total_refunded=Decimal(5), refund_status=RefundStatus.PARTIALLY_REFUNDED)
    tell(world, "1", part)
    tell(world, "2", replace(PAID, discount_codes=((card.code or "", Decimal(4)),)))
    for _ in range(2):
        claim(world, 3, variant_id="red", cart_id="cart")
    give_back(world, RETURNED)


def violations(world: World, *damage: str) -> tuple[Violation, ...]:
    for statement in damage:
        world.run(world.database.execute(statement))
    return world.run(verify(world.database)).violations
