"""Members who send friends: links, codes, shares, and what the shop tells of those who come.

Used by the contract tests of referrals and by the stories of tests/usecases/test_referrals.py.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leal.usecases.due import Kind, run
from leal.usecases.verification import verify
from tests.contract import schema
from tests.contract.headless.worlds import Shop, email_of, program
from tests.programs import Document
from tests.worlds import Answer

CLAIM = "referrals.claimRefereeIncentive"
SHARE = "referrals.trackShare"
REGISTER = "referrals.registerGuest"

HERE = "203.0.113.24"
TENTH: Document = {
    "kind": "cart_discount_voucher",
    "incentive_text": "10% off",
    "discount": {"percentage": 10},
    "maximum_discount": 20,
    "minimum_spend": 30,
}
RULE: Document = {"id": 7, "kind": "referral", "title": "Send a friend", "points": 500}


def friends_program(
    *, rule: Document | None = None, incentive: Document | None = None, **referrals: object
) -> Document:
    """A shop whose members get 500 points for a friend's first order, 14 days after it."""
    return program(
        rules=[{**RULE, **(rule or {})}],
        rewards=[
            {
                "id": 1,
                "kind": "free_shipping_voucher",
                "title": "Free shipping",
                "cost": 100,
            }
        ],
        referrals={"incentive": {**TENTH, **(incentive or {})}, **referrals},
    )


@dataclass(frozen=True, slots=True)
class Party:
    """A shop whose members send friends."""

    shop: Shop

    def joins(self, name: str) -> str:
        """Somebody becomes a member; their referral id."""
        return self.link(self.shop.visit(name)["customer"])

    def link(self, customer: Any) -> str:
        """The referral id in a customer's links."""
        return str(customer["referral_urls"]["direct"].rpartition("/")[2])

    def asks(self, link: object, email: object = ..., **parts: object) -> Answer:
        """A friend wants what they were promised."""
        how = parts.pop("how", {})
        assert isinstance(how, Mapping)
        sent = {
            "referral_id": link,
            "ip_address": HERE,
            "user_agent": None,
            "referee_email": email,
            **parts,
        }
        return self.shop.call(
            CLAIM, json={key: value for key, value in sent.items() if value != ...}, **how
        )

    def code(self, referral_id: str, email: str, **parts: object) -> str:
        """A friend's code."""
        answer = self.asks(referral_id, email, **parts)
        assert answer.status == 200, answer.body
        return str(answer.json["incentive"]["code"])

    def follows(self, referral_id: str, *, via: str | None = None, method: str = "GET") -> Answer:
        """A friend clicks on a link."""
        path = f"/r/{referral_id}" + (f"?via={via}" if via else "")
        return self.shop.world.call(method, path)

    def signs_up(self, name: str, referral_id: str | None = None, **parts: object) -> None:
        """The shop tells that a friend joined."""
        sent = {
            "name": "$signup",
            "customer_id": name,
            "customer_email": email_of(name),
            "referral_id": referral_id,
            **parts,
        }
        answer = self.shop.world.post("/v2/activities", json=sent)
        assert answer.status in (200, 201, 202, 204), answer.body

    def orders(self, number: str, by: str | None, **parts: object) -> None:
        """The shop tells of an order, paid unless something else is said."""
        answer = self.shop.world.post("/v2/orders", json=self.order(number, by, **parts))
        assert answer.status in (201, 204), answer.body

    def order(self, number: str, by: str | None, **parts: object) -> Document:
        """The body that tells of an order."""
        sent = {
            "merchant_id": number,
            "customer_id": by,
            "customer_email": email_of(by) if by else None,
            "total": "50.00",
            "total_shipping": "0",
            "payment_status": "paid",
            **parts,
        }
        return {key: value for key, value in sent.items() if value is not None}

    def becomes(self, number: str, **parts: object) -> None:
        """The shop tells of an order anew."""
        sent = {
            "payment_status": "paid",
            "refund_status": "not_refunded",
            "cancellation_status": "not_cancelled",
            **parts,
        }
        answer = self.shop.world.call("PUT", f"/v2/orders/{number}", json=sent)
        assert answer.status in (200, 204), answer.body

    def points(self, name: str) -> tuple[int, int]:
        """Approved and pending points."""
        shown = self.shop.customer(name)
        return shown["points_approved"], shown["points_pending"]

    def all_at_once(self, sent: Sequence[tuple[str, str, bytes]]) -> list[Answer]:
        """Requests at the same moment, as operation or path, method and body."""
        world = self.shop.world
        headers = {"authorization": f"Bearer {world.tenant.key}"}

        async def together() -> list[Answer]:
            return await asyncio.gather(
                *(
                    world.answer(method, path, headers=headers, body=body)
                    for path, method, body in sent
                )
            )

        return world.run(together())

    def claim_path(self) -> str:
        """Where codes are asked for."""
        return schema.route(CLAIM)[1].replace("{site_id}", "1")

    def works_off(self, kind: Kind) -> int:
        """Background work of a kind; returns how much there was."""
        world = self.shop.world
        return world.run(run(world.desk, kind, world.tenant.program_id))

    def value(self, sql: str, *arguments: object) -> Any:
        """One value out of the database."""
        return self.shop.world.run(self.shop.world.database.value(sql, *arguments))

    def is_sound(self) -> bool:
        """Whether the books are in order."""
        report = self.shop.world.run(verify(self.shop.world.desk.database))
        assert report.violations == ()
        return report.is_clean
