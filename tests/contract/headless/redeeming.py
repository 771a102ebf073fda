"""Members with points to spend: they redeem, look, order and give back, and nothing goes unchecked.

Whatever a redemption or a refund answers as the customer has to be what Get Customer shows next.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leal.usecases import claims
from leal.usecases.verification import verify
from tests.contract.headless.offers import REWARDS, every_reward
from tests.contract.headless.worlds import Shop, email_of, only_site, program
from tests.programs import Document
from tests.worlds import Answer

REFUND = "rewards.refundProductCart"
REDEEM = {
    kind: "rewards.redeem" + "".join(map(str.capitalize, kind.split("_"))) for kind in REWARDS
}
"""The operation of each kind of reward."""

EXTRAS: dict[str, Document] = {
    "product_cart": {"variant_id": "501", "cart_id": "cart-1"},
    "active_subscription_product": {"variant_id": "501"},
    "cart_variable_discount_voucher": {"discount_amount": 1},
}
"""What has to be said besides the reward and the customer."""

ALL_POINTS = 10_000
EXPIRES_AFTER_DAYS = 30


def rewards_program(**differing: Mapping[str, object]) -> Document:
    """A reward of each kind for 100 points, some of them different; joining gives 10,000.

    Vouchers are good for 30 days. Everyone has a subscription.
    """
    rewards = [
        {**each, "expires_after_days": EXPIRES_AFTER_DAYS, **differing.get(str(each["kind"]), {})}
        for each in every_reward()
    ]
    join = {"id": 1, "kind": "join_program", "title": "J", "points": ALL_POINTS}
    document = program(rules=join, rewards=rewards)
    return only_site(document, subscription_provider="practice")


def number_of(kind: str) -> int:
    """The id of the reward of a kind."""
    return list(REWARDS).index(kind) + 1


def at(moment: datetime, **later: float) -> str:
    """A moment, or one later by so much, as documents write it."""
    return (moment + timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def passes(shop: Shop) -> int:
    """Background work for claims; returns how much there was."""
    world = shop.world
    return world.run(claims.move_on_all(world.desk, world.tenant.program_id))


def is_sound(shop: Shop) -> bool:
    """Whether the books are in order."""
    return not shop.world.run(verify(shop.world.desk.database)).violations


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who joined."""

    shop: Shop
    merchant_id: str

    def asks(self, kind: str, *, reward: object = None, how: Any = None, **parts: object) -> Answer:
        """Ask for a reward, with what its kind needs unless `parts` say otherwise."""
        sent = {
            "reward_id": number_of(kind) if reward is None else reward,
            "customer_merchant_id": self.merchant_id,
            **EXTRAS.get(kind, {}),
            **parts,
        }
        return self.shop.call(REDEEM[kind], json=sent, **(how or {}))

    def redeems(self, kind: str, **parts: Any) -> Any:
        """Get a reward; the whole body."""
        answer = self.asks(kind, **parts)
        assert answer.status == 201, answer.body
        shown = self.document
        assert answer.json["customer"] == shown
        assert answer.json["claimed_reward"] == shown["claimed_rewards"][0]
        return answer.json

    def returns(self, claim_id: object, **how: Any) -> Answer:
        """Give a free product back."""
        answer = self.shop.call(REFUND, json={"claimed_reward_id": claim_id}, **how)
        if answer.status == 201:
            assert answer.json["customer"] == self.document
            assert answer.json["claimed_reward"] == self.claim(answer.json["claimed_reward"]["id"])
        return answer

    @property
    def document(self) -> Any:
        """The customer as Get Customer shows them."""
        return self.shop.customer(self.merchant_id)

    @property
    def points(self) -> tuple[int, int]:
        """Points to spend, and points spent."""
        shown = self.document
        return shown["points_approved"], shown["points_spent"]

    def claim(self, claim_id: int) -> Any:
        """A claimed reward as Get Customer shows it."""
        return next(each for each in self.document["claimed_rewards"] if each["id"] == claim_id)

    def history_of(self, claim_id: int) -> list[Any]:
        """The rows of history about a claimed reward."""
        rows = self.document["history"]
        return [row for row in rows if row.get("claimed_reward_id") == claim_id]

    def can_redeem(self, kind: str) -> Any:
        """What Get Customer says of a reward; None when it is not listed."""
        for each in self.document["available_rewards"]:
            if each["id"] == number_of(kind):
                return each["context"]["can_redeem"]
        return None

    def orders(self, name: str, *, total: object = "50.00", **parts: object) -> None:
        """Buy something and pay for it, as the shop tells through the Admin API."""
        sent = {
            "merchant_id": name,
            "customer_id": self.merchant_id,
            "customer_email": email_of(self.merchant_id),
            "total": total,
            "total_shipping": "0",
            "payment_status": "paid",
            **parts,
        }
        answer = self.shop.world.post("/v2/orders", json=sent)
        assert answer.status in (201, 204), answer.body

    def is_refunded(self, name: str, *, total: object = "50.00") -> None:
        """Bring the whole order back, and have it paid back."""
        sent = {
            "payment_status": "paid",
            "refund_status": "refunded",
            "cancellation_status": "not_cancelled",
            "total_refunded": total,
        }
        answer = self.shop.world.call("PUT", f"/v2/orders/{name}", json=sent)
        assert answer.status in (200, 204), answer.body


def joins(shop: Shop, merchant_id: str) -> Member:
    """Someone opens the shop for the first time, and is a member."""
    shop.visit(merchant_id)
    return Member(shop, merchant_id)


def shown_claim(shop: Shop, claim_id: int, kind: str, redeemable: object, **parts: Any) -> Any:
    """What a reward claimed just now for 100 points looks like."""
    return {
        "id": claim_id,
        "claimed_at": at(shop.world.now),
        "reward_id": number_of(kind),
        "title": kind,
        "state": "approved",
        "source": {"kind": "points_redemption", "points_cost": 100},
        "auto_refund_at": None,
        "redeemable": redeemable,
        **parts,
    }


def row(shop: Shop, claim_id: int, kind: str, **parts: Any) -> Any:
    """What a redemption for 100 points looks like in the history."""
    return {
        "kind": "redeemed_points_for_reward",
        "label": kind,
        "date": at(shop.world.now),
        "points": -100,
        "points_text": "-100 points",
        "reward": {"id": number_of(kind), "kind": kind},
        "claimed_reward_id": claim_id,
        "state": "approved",
        **parts,
    }


def lives(member: Member, kind: str, terms: Mapping[str, object], **parts: Any) -> None:
    """A voucher's whole life: bought, shown, used, given back with its order; and expired.

    `terms` is what a redeemable of the kind shows of its own; `parts` what its claim shows.
    """
    shop = member.shop
    body = member.redeems(kind)
    claimed, code = body["claimed_reward"], body["voucher_code"]
    assert len(code.removeprefix("LL-")) >= 8
    redeemable = {"kind": kind, "code": code, "usage_status": "not_used", **terms}
    assert claimed == shown_claim(shop, claimed["id"], kind, redeemable, **parts)
    assert member.points == (ALL_POINTS - 100, 100)
    assert member.history_of(claimed["id"]) == [row(shop, claimed["id"], kind)]

    name = f"{member.merchant_id}-1"
    member.orders(name, discount_codes=[{"code": code.lower(), "amount": "5.00"}])
    used = {**redeemable, "usage_status": "used"}
    if "used_at" in terms:
        used["used_at"] = at(shop.world.now)
    assert member.claim(claimed["id"]) == {**claimed, "redeemable": used}
    member.is_refunded(name)
    assert member.claim(claimed["id"]) == {**claimed, "redeemable": used, "state": "void"}
    assert member.points == (ALL_POINTS, 0)
    assert [each["state"] for each in member.history_of(claimed["id"])] == ["void"]

    left = member.redeems(kind)["claimed_reward"]
    assert left["redeemable"]["code"] != code
    expires(member, left, back=bool(parts.get("auto_refund_at")))
    assert is_sound(shop)


def expires(member: Member, claimed: Any, *, back: bool = False) -> None:
    """Time runs out for an unused reward; its points come back only where `back` says so."""
    shop = member.shop
    passes(shop)
    shop.world.later(days=EXPIRES_AFTER_DAYS)
    assert passes(shop) == 1
    assert passes(shop) == 0
    state = "void" if back else "expired"
    shown = member.claim(claimed["id"])
    assert shown == {**claimed, "redeemable": shown["redeemable"], "state": state}
    assert [each["state"] for each in member.history_of(claimed["id"])] == [state]
    assert member.points == ((ALL_POINTS, 0) if back else (ALL_POINTS - 100, 100))
