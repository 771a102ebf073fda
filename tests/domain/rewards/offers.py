"""Rewards of every kind, and all that decides whether someone gets one, made up by Hypothesis."""

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import strategies as st

from leal.domain.carts import Cart, CartLine
from leal.domain.claims import ClaimedReward, ClaimSource, ClaimState, Terms, UsageStatus
from leal.domain.customers import Account, Counter, Lot, Subject
from leal.domain.rewards import Reward
from leal.domain.rewards.redeemability import stocked_product
from leal.domain.rewards.redeeming import Redemption
from leal.domain.rewards.terms import RewardKind
from leal.domain.rewards.vouchers import CartVariableDiscountVoucherReward
from leal.domain.scene import Scene, Shelf
from leal.domain.sites import Channel
from tests.domain.scenes import NOON, member, scene_at
from tests.programs import Document, lion_rewards, program_with, put

CARTS = ("this cart", "that cart")
VARIANTS = ("red", "blue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One reward, one customer, and the cart that was sent, if one was."""

    reward: Reward
    account: Account
    scene: Scene
    cart: Cart | None

    @property
    def choices(self) -> tuple[Redemption, ...]:
        """Every way in which the customer may ask for it here, in this cart or a new one."""
        wanted = Redemption(reward_id=self.reward.id, kind=self.reward.KIND)
        if isinstance(self.reward, CartVariableDiscountVoucherReward):
            bounds = (self.reward.minimum_discount, self.reward.maximum_discount)
            return tuple(replace(wanted, discount_minor=int(each * 100)) for each in bounds)
        product = stocked_product(self.reward)
        if product is None:
            return (wanted,)
        if self.reward.KIND is RewardKind.PRODUCT_CART:
            sent = self.cart.id if self.cart else None
            wanted = replace(wanted, cart_id=sent or "a new cart")
        return tuple(replace(wanted, variant_id=each.id) for each in product.variants)


def cases(kind: str) -> st.SearchStrategy[Case]:
    """Cases of one kind of reward, in which much may be in the way, and as often nothing is."""
    return st.builds(
        _case,
        written=_rewards(kind),
        points=st.sampled_from([9, 9, 9, 0, 1, 2, 3]),
        claimed=st.sampled_from([0, 0, 1, 2]),
        held=st.lists(_held(), max_size=3),
        shelf=_shelves(),
        cart=_carts(),
        site=st.sampled_from(
            [{"subscription_provider": "practice"}] * 4 + [{}, {"kind": "content"}]
        ),
        channel=st.sampled_from([Channel.WEB] * 4 + [Channel.POS]),
    )


def _case(
    *,
    written: Document,
    points: int,
    claimed: int,
    held: list[ClaimedReward],
    shelf: Shelf,
    cart: Cart | None,
    site: Document,
    channel: Channel,
) -> Case:
    sites = lion_rewards()["sites"]
    assert isinstance(sites, list)
    program = program_with(
        put("tiers", None), put("rules", []), put("rewards", [written]),
        put("sites", [{**sites[0], **site}]),
    )  # fmt: skip
    [reward] = program.rewards
    counter = Counter(
        subject=Subject.REWARD, subject_id=1, total=claimed, day=claimed, week=claimed,
        month=claimed, year=claimed, last_at=NOON,
    )  # fmt: skip
    account = replace(
        member(approved=points, lots=(Lot(expires_at=None, remaining=points),), tier=None),
        counters=(counter,) if claimed else (),
        held=tuple(replace(each, id=number) for number, each in enumerate(held, start=1)),
    )
    scene = replace(scene_at(program, channel=channel), shelf=shelf)
    return Case(reward=reward, account=account, scene=scene, cart=cart)


def _rewards(kind: str) -> st.SearchStrategy[Document]:
    limits = st.builds(
        lambda count, interval: {"count": count, "interval": interval},
        st.integers(1, 3),
        st.sampled_from([None, "day"]),
    )
    common = st.fixed_dictionaries(
        {},
        optional={
            "enabled": st.sampled_from([True] * 4 + [False]),
            "channels": st.just(["web"]),
            "limit": limits,
        },
    )
    return st.builds(
        lambda shared, own: {"id": 1, "kind": kind, "title": "R", **shared, **own},
        common,
        _KINDS[kind],
    )


def _voucher(**own: object) -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(
        {"cost": _COSTS, **{name: st.just(value) for name, value in own.items()}},
        optional={"codes": st.sampled_from(["generated", "pool"])},
    )


_COSTS = st.sampled_from([1, 1, 2, 3])
_COUNTS = st.sampled_from([None, 0, 1, 2])
_PRODUCTS = st.lists(_COUNTS, min_size=1, max_size=2).map(
    lambda counts: {
        "id": "mug",
        "variants": [
            {"id": name, "inventory_count": count}
            for name, count in zip(VARIANTS, counts, strict=False)
        ],
    }
)
_OFF: Document = {"percentage": 10}
_KINDS: dict[str, st.SearchStrategy[Document]] = {
    "gift_card": _voucher(initial_balance=10),
    "cart_discount_voucher": _voucher(discount=_OFF),
    "free_shipping_voucher": _voucher(),
    "product_discount_voucher": _voucher(discount=_OFF, product={"id": "mug"}),
    "collection_discount_voucher": _voucher(discount=_OFF, collection={"id": "mugs"}),
    "active_subscription_discount_voucher": _voucher(discount=_OFF),
    "cart_variable_discount_voucher": st.fixed_dictionaries(
        {
            "points_per_unit": st.sampled_from([2, 3, 4]),
            "minimum_discount": st.sampled_from(["0.20", "1"]),
            "maximum_discount": st.just(2),
        },
        optional={"codes": st.sampled_from(["generated", "pool"])},
    ),
    "custom": st.one_of(
        st.fixed_dictionaries({"cost": _COSTS}),
        _voucher(fulfillment={"kind": "voucher"}),
    ),
    "active_subscription_product": st.fixed_dictionaries({"cost": _COSTS, "product": _PRODUCTS}),
    "product_cart": st.fixed_dictionaries(
        {"cost": _COSTS, "product": _PRODUCTS},
        optional={
            "max_redemptions_per_cart": st.sampled_from([1, 1, 2]),
            "cart_requirements": st.fixed_dictionaries(
                {},
                optional={
                    "minimum_cart_total": st.just(10),
                    "minimum_line_item_count": st.just(2),
                },
            ),
        },
    ),
}


def _held() -> st.SearchStrategy[ClaimedReward]:
    """Free products in carts: most wait; some are of another reward, bought, void or overdue."""
    waiting = ClaimedReward(
        id=0,
        reward_id=1,
        kind="product_cart",
        title="R",
        state=ClaimState.APPROVED,
        source=ClaimSource.POINTS,
        terms=Terms(currency="usd"),
        claimed_at=NOON - timedelta(minutes=10),
        auto_refund_at=NOON + timedelta(minutes=50),
        redemption_id="1f",
    )
    kinds = [
        *[waiting] * 4,
        replace(waiting, auto_refund_at=None),
        replace(waiting, auto_refund_at=NOON),
        replace(waiting, reward_id=2),
        replace(waiting, state=ClaimState.VOID),
        replace(waiting, usage_status=UsageStatus.USED),
    ]
    return st.builds(
        lambda kind, cart_id: replace(kind, cart_id=cart_id),
        st.sampled_from(kinds),
        st.sampled_from([*CARTS, CARTS[0]]),
    )


def _shelves() -> st.SearchStrategy[Shelf]:
    given = st.dictionaries(
        st.sampled_from([(1, name) for name in VARIANTS]), st.integers(0, 2), max_size=2
    )
    return st.builds(
        Shelf, given=given, pools=st.sampled_from([frozenset({1}), frozenset({1}), frozenset()])
    )


def _carts() -> st.SearchStrategy[Cart | None]:
    lines = st.integers(0, 3).map(
        lambda count: tuple(
            CartLine(id=str(each), merchandise_id="1", quantity=1, total_minor=500)
            for each in range(count)
        )
    )
    full = st.builds(
        lambda name, inside: Cart(id=name, total_minor=500 * len(inside), lines=inside),
        st.sampled_from(CARTS),
        lines,
    )
    return st.one_of(st.none(), st.just(Cart()), full, full, full)


KINDS = tuple(_KINDS)
"""Every kind of reward."""
