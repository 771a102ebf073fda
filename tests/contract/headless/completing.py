"""Members who do what rules ask for: the six kinds that are completed because somebody says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.contract.headless.offers import every_rule
from tests.contract.headless.worlds import Shop, program
from tests.programs import Document
from tests.worlds import Answer

KINDS = (
    "clickthrough",
    "facebook_like",
    "twitter_follow",
    "instagram_follow",
    "tiktok_follow",
    "custom",
)
COMPLETE = {
    kind: "rules.complete" + "".join(map(str.capitalize, kind.split("_"))) for kind in KINDS
}
"""The operation of each kind of rule."""


def rules_program(**differing: Mapping[str, object]) -> Document:
    """A rule of each of the kinds for 5 points, some of them different."""
    rules = [
        {**each, **differing.get(str(each["kind"]), {})}
        for each in every_rule()
        if each["kind"] in KINDS
    ]
    reward = {"id": 1, "kind": "free_shipping_voucher", "title": "Free shipping", "cost": 100}
    return program(rules=rules, rewards=reward)


def rule_of(kind: str) -> int:
    """The id of the rule of a kind."""
    return next(int(str(each["id"])) for each in every_rule() if each["kind"] == kind)


@dataclass(frozen=True, slots=True)
class Doer:
    """Somebody who does things."""

    shop: Shop
    name: str

    def does(self, kind: str, *, how: Any = None, **parts: object) -> Answer:
        """Says that it is done."""
        sent = {"rule_id": rule_of(kind), "customer_merchant_id": self.name, **parts}
        return self.shop.call(COMPLETE[kind], json=sent, **(how or {}))

    def earns(self, kind: str, **how: Any) -> Any:
        """Does it, and something comes of it: the actions."""
        answer = self.does(kind, **how)
        assert answer.status == 200, answer.body
        assert answer.json["customer"] == self.document, "the customer as changed"
        return answer.json["actions"]

    def rule(self, kind: str) -> Any:
        """The rule as the customer sees it; None when it is not on."""
        for each in self.document["available_rules"]:
            if each["id"] == rule_of(kind):
                return each
        return None

    @property
    def document(self) -> Any:
        """The customer as Get Customer shows them."""
        return self.shop.customer(self.name)


def doer(shop: Shop, name: str) -> Doer:
    """Somebody who has joined."""
    shop.visit(name)
    return Doer(shop, name)
