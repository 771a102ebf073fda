"""Somebody who tries each operation of the contract in a shop that has something of everything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from tests.contract.headless.completing import COMPLETE, rule_of, rules_program
from tests.contract.headless.friends import CLAIM, HERE, REGISTER, RULE, SHARE, TENTH, Party
from tests.contract.headless.redeeming import (
    EXTRAS,
    REDEEM,
    REFUND,
    Member,
    number_of,
    rewards_program,
)
from tests.contract.headless.worlds import BODIES, SESSION, Shop, email_of
from tests.programs import Document
from tests.worlds import Answer

KIND_OF = {operation: kind for kind, operation in REDEEM.items()}
RULE_OF = {operation: kind for kind, operation in COMPLETE.items()}


@dataclass(slots=True)
class Walk:
    """A shop with something of everything, and one customer for each answer."""

    shop: Shop
    operation: str
    name: str
    claim_id: int = 0

    def publish(
        self,
        *,
        offer: Document | None = None,
        site: Document | None = None,
        referrals: Document | None = None,
        **parts: object,
    ) -> None:
        """A program in which the operation's own reward or rule is a little different."""
        rewards = rewards_program(**{KIND_OF.get(self.operation, ""): offer or {}})
        rules = rules_program(**{RULE_OF.get(self.operation, ""): offer or {}})
        own, others = rewards["rules"], rules["rules"]
        assert isinstance(own, list)
        assert isinstance(others, list)
        [first] = cast("list[Document]", rewards["sites"])
        join = {**own[0], "id": 90}
        differing = dict(referrals or {})
        incentive = {**TENTH, **cast("Document", differing.pop("incentive", {}))}
        self.shop.world.publish(
            {
                **rewards,
                "sites": [{**first, **(site or {})}],
                "rules": [join, *others, {**RULE, "id": 91, "limit": {"count": 1}}],
                "referrals": {"incentive": incentive, **differing},
                **parts,
            }
        )

    def joins(self) -> Member:
        """The customer comes, with a free product where the operation gives one back."""
        self.shop.visit(self.name)
        member = Member(self.shop, self.name)
        if self.operation == REFUND and not self.claim_id:
            self.claim_id = member.redeems("product_cart")["claimed_reward"]["id"]
        return member

    def link(self) -> str:
        """The customer's referral id."""
        return Party(self.shop).link(self.shop.customer(self.name))

    def asks(self, **how: Any) -> Answer:
        """The operation, with a body that is in order but for `parts`."""
        parts: Mapping[str, object] = how.pop("parts", {})
        body = self.body()
        if body is not None:
            how["json"] = {**body, **parts}
        return self.shop.call(self.operation, self.name, **how)

    def body(self) -> Any:
        """The operation's body, None for one without."""
        if self.operation in RULE_OF:
            kind = RULE_OF[self.operation]
            return {"rule_id": rule_of(kind), "customer_merchant_id": self.name}
        if self.operation in KIND_OF:
            kind = KIND_OF[self.operation]
            own = {"reward_id": number_of(kind), "customer_merchant_id": self.name}
            return {**own, **EXTRAS.get(kind, {})}
        known: dict[str, Callable[[], Any]] = {
            REFUND: lambda: {"claimed_reward_id": self.claim_id},
            SESSION: lambda: {"customer": {"email": email_of(self.name)}},
            SHARE: lambda: {"channel": "email", "customer": {"merchant_id": self.name}},
            REGISTER: lambda: {
                "email": f"{self.name}@guests.example",
                "first_name": "Gil",
                "ip_address": HERE,
            },
            CLAIM: lambda: {
                "referral_id": self.link(),
                "referee_email": f"{self.name}@friends.example",
                "ip_address": HERE,
                "user_agent": None,
            },
        }
        return known[self.operation]() if self.operation in known else BODIES.get(self.operation)
