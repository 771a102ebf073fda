"""A program of three sites over both APIs: a shop, its tills, and a blog that only gives points."""

import base64
from typing import Any

import pytest

from leal.api.session_tokens import mint
from leal.usecases.verification import verify
from tests.contract.conftest import NewWorld
from tests.programs import Document, lion_rewards, lion_site
from tests.worlds import Answer, World

WEB, POS, BLOG = 1, 2, 3


def document() -> Document:
    program = lion_rewards()
    program["sites"] = [
        {**lion_site(), "primary": True},
        {**lion_site(), "id": POS, "name": "Tills", "kind": "pos"},
        {**lion_site(), "id": BLOG, "name": "Blog", "kind": "content"},
    ]
    buy: Document = {"kind": "purchase", "title": "Buy", "approval_days": 0}
    program["rules"] = [
        {"id": 1, "kind": "join_program", "title": "Join", "points": 100},
        {"id": 2, **buy, "points": 1, "sites": [WEB]},
        {"id": 3, **buy, "points": 2, "sites": [POS]},
        {"id": 4, "kind": "custom", "name": "comment", "title": "C", "points": 7, "sites": [BLOG]},
        {"id": 5, "kind": "birthday", "title": "Birthday", "points": 50, "sites": [BLOG]},
    ]
    voucher: Document = {"kind": "free_shipping_voucher", "cost": 50}
    program["rewards"] = [
        {"id": 1, **voucher, "title": "For the shop", "sites": [WEB]},
        {"id": 2, **voucher, "title": "For tills", "sites": [POS]},
        {"id": 3, **voucher, "title": "Anywhere"},
    ]
    return program


class Street:
    """The three sites; each calls with the program's key and ids of its own."""

    def __init__(self, world: World) -> None:
        self.world = world

    def visit(self, site: int, merchant_id: str, email: str, **how: Any) -> Answer:
        path = f"/headless/2025-06/{site}/customers/{merchant_id}/sessions?channel=web"
        return self.world.post(path, {"customer": {"email": email}}, **how)

    def shows(self, site: int, merchant_id: str, **how: Any) -> Any:
        path = f"/headless/2025-06/{site}/customers/{merchant_id}?channel=web"
        answer = self.world.get(path, **how)
        return answer.json["customer"] if answer.status == 200 else answer.status

    def orders(self, site: int | None, merchant_id: str, **of: object) -> Answer:
        body = {"merchant_id": "1", "customer_id": merchant_id, "payment_status": "paid", **of}
        query = "" if site is None else f"?site_id={site}"
        return self.world.post(
            f"/v2/orders{query}", {"total": "20.00", "total_shipping": "0", **body}
        )

    def acts(self, site: int | None, customer_id: str, email: str, **of: object) -> Answer:
        body = {"name": "comment", "customer_id": customer_id, "customer_email": email, **of}
        query = "" if site is None else f"?site_id={site}"
        return self.world.post(f"/v2/activities{query}", body)

    def redeems(self, site: int, merchant_id: str, reward: int) -> Answer:
        path = f"/headless/2025-06/{site}/rewards/free_shipping_voucher/redeem?channel=web"
        return self.world.post(path, {"customer_merchant_id": merchant_id, "reward_id": reward})

    def listed(self, email: str) -> Any:
        return self.world.get(f"/v2/customers?email={email}").json["customers"]

    def basic(self, site: int) -> dict[str, str]:
        pair = next(each for each in self.world.tenant.sites if each.site_id == site)
        token = base64.b64encode(f"{pair.token}:{pair.secret}".encode()).decode()
        return {"authorization": f"Basic {token}"}


@pytest.fixture
def street(new_world: NewWorld) -> Street:
    return Street(new_world(document()))


def test_kim_lives_in_three_places(street: Street) -> None:
    world = street.world
    kim = street.visit(WEB, "1001", "kim@x.example").json["customer"]
    assert street.visit(POS, "p-7", "KIM@x.example").json["customer"]["merchant_id"] == "p-7"
    assert street.acts(BLOG, "kimmie", "kim@x.example", merchant_id="c1").status == 201
    assert street.orders(WEB, "1001").status == 201
    assert street.orders(POS, "p-7", customer_email="kim@x.example").status == 201
    # joining once, a comment, an order of each shop at the shop's own rate
    expected = 100 + 7 + 20 * 1 + 20 * 2
    for site, own in ((WEB, "1001"), (POS, "p-7"), (BLOG, "kimmie")):
        shown = street.shows(site, own)
        assert (shown["id"], shown["merchant_id"]) == (kim["id"], own)
        assert shown["points_approved"] == expected
        assert shown["tier_membership"]["tier_id"] == 1
    (row,) = street.listed("kim")
    assert (row["merchant_id"], row["linked_merchant_ids"]) == ("1001", ["p-7", "kimmie"])
    assert (row["points_approved"], row["id"]) == (expected, kim["id"])
    told = {
        name: world.get(f"/v2/customers/{name}/transactions").json["transactions"]
        for name in ("1001", "p-7", "kimmie")
    }
    assert told["1001"] == told["p-7"] == told["kimmie"] != []
    explained = world.get("/leal/v1/customers/p-7/explain").json
    assert explained["customer"]["merchant_id"] == "1001"
    assert world.post("/v2/customers/kimmie/points", {"points": 5}).status == 201
    assert street.shows(WEB, "1001")["points_approved"] == expected + 5
    assert world.run(verify(world.database)).is_clean


def test_tiers_are_shared_and_so_are_points(street: Street) -> None:
    street.visit(WEB, "1001", "kim@x.example")
    street.visit(POS, "p-7", "kim@x.example")
    street.orders(POS, "p-7", total="150.00")
    assert street.shows(WEB, "1001")["tier_membership"]["tier_id"] == 2
    assert street.redeems(WEB, "1001", 1).status == 201
    assert street.shows(POS, "p-7")["points_approved"] == 100 + 150 * 2 - 50


def test_rewards_are_their_site_s(street: Street) -> None:
    street.visit(WEB, "1001", "kim@x.example")
    for site, theirs in ((WEB, {1, 3}), (POS, {2, 3}), (BLOG, set[int]())):
        shown = {each["id"] for each in street.shows(site, "1001")["available_rewards"]}
        assert shown == theirs
        for reward in (1, 2, 3):
            if reward not in theirs:
                refused = street.redeems(site, "1001", reward)
                assert (refused.status, refused.code) == (422, "reward_not_enabled_for_customer")
    available = street.world.get("/v2/customers/1001/available_rewards?site_id=2").json
    assert {each["id"] for each in available["rewards"]} == {2, 3}
    assert street.shows(WEB, "1001")["points_approved"] == 100


def test_rules_are_their_site_s_but_a_birthday_is_the_program_s(street: Street) -> None:
    street.visit(WEB, "1001", "kim@x.example")
    assert street.acts(WEB, "1001", "kim@x.example").status == 201
    assert street.orders(BLOG, "1001", customer_email="kim@x.example").status == 201
    assert street.shows(WEB, "1001")["points_approved"] == 100
    for site, rules in ((WEB, {1, 2, 5}), (POS, {1, 3, 5}), (BLOG, {1, 4, 5})):
        assert {each["id"] for each in street.shows(site, "1001")["available_rules"]} == rules


def test_two_shops_may_both_have_a_customer_1001(street: Street) -> None:
    world = street.world
    kim = street.visit(WEB, "1001", "kim@x.example").json["customer"]
    lee = street.visit(POS, "1001", "lee@x.example").json["customer"]
    assert kim["id"] != lee["id"]
    assert street.shows(WEB, "1001")["email"] == "kim@x.example"
    assert street.shows(POS, "1001")["email"] == "lee@x.example"
    assert street.shows(BLOG, "1001") == 404, "nobody can say which of them"
    for method, path, body in (
        ("POST", "/v2/customers/1001/points", {"points": 5}),
        ("POST", "/v2/customers/1001/remove_points", {"points": 5}),
        ("PATCH", "/v2/customers/1001", {"customer": {"blocked": True}}),
        ("GET", "/v2/customers/1001/transactions", None),
        ("GET", "/v2/customers/1001/available_rewards", None),
        ("POST", "/v2/customers/1001/claimed_rewards", {"reward_id": 1}),
        ("GET", "/leal/v1/customers/1001/explain", None),
        ("POST", "/leal/v1/customers/1001/tier", {"tier_id": 2}),
    ):
        asked = world.call(method, path, json=body)
        assert asked.status == 400, path
        assert asked.json["error"]["details"] == {
            "site_id": "Required: different customers have this merchant id, on the sites 1, 2"
        }
        assert world.call(method, f"{path}?site_id=99", json=body).status == 404, path
    assert world.post("/v2/customers/1001/points?site_id=2", {"points": 5}).status == 201
    own = world.post("/v2/customers/1001/points", {"points": 1}, headers=street.basic(WEB))
    assert own.status == 201
    other = world.post(
        "/v2/customers/1001/points?site_id=2", {"points": 1}, headers=street.basic(WEB)
    )
    assert other.status == 403
    assert street.shows(POS, "1001")["points_approved"] == 105
    assert street.shows(WEB, "1001")["points_approved"] == 101
    assert world.run(verify(world.database)).is_clean


def test_orders_and_activities_with_one_id_on_two_sites_are_two(street: Street) -> None:
    world = street.world
    for site, name in ((WEB, "kim"), (POS, "lee")):
        street.visit(site, "1001", f"{name}@x.example")
        assert street.orders(site, "1001", customer_email=f"{name}@x.example").status == 201
    assert street.shows(WEB, "1001")["points_approved"] == 120
    assert street.shows(POS, "1001")["points_approved"] == 140
    gone = {"cancellation_status": "cancelled", "payment_status": "paid"}
    body = {**gone, "refund_status": "not_refunded"}
    for method, path in (("PUT", "/v2/orders/1"), ("GET", "/v2/orders/1")):
        asked = world.call(method, path, json=body if method == "PUT" else None)
        assert asked.json["error"]["details"] == {
            "site_id": "Required: orders on the sites 1, 2 have this merchant id"
        }
    assert world.call("PUT", "/v2/orders/1?site_id=2", json=body).status == 204
    assert street.shows(WEB, "1001")["points_approved"] == 120
    assert street.shows(POS, "1001")["points_approved"] == 100


def test_what_happened_where_has_to_be_said(street: Street) -> None:
    street.visit(WEB, "1001", "kim@x.example")
    for answer in (
        street.orders(None, "1001", customer_email="kim@x.example"),
        street.orders(None, "new", customer_email="new@x.example"),
        street.acts(None, "1001", "kim@x.example"),
    ):
        assert answer.status == 400
        assert answer.json["error"]["details"] == {
            "site_id": "Required in a program of several sites: 1, 2, 3"
        }
    guest = {
        "merchant_id": "9",
        "customer_email": "g@x.example",
        "total": "5",
        "total_shipping": "0",
        "guest": True,
    }
    assert street.world.post("/v2/orders", guest).status == 400
    assert street.orders(99, "1001").status == 404
    assert street.acts(99, "1001", "kim@x.example").status == 404
    assert street.listed("new") == []
    body = {"merchant_id": "3", "customer_id": "p", "customer_email": "kim@x.example"}
    sums = {"total": "5", "total_shipping": "0", "payment_status": "paid"}
    own = street.world.post("/v2/orders", {**body, **sums}, headers=street.basic(POS))
    assert own.status == 201
    assert street.world.get("/v2/orders/3?site_id=2").status == 200


def test_one_id_a_site_and_one_address_a_customer(street: Street) -> None:
    street.visit(WEB, "1001", "kim@x.example")
    street.visit(POS, "p-7", "kim@x.example")
    again = street.visit(POS, "p-8", "kim@x.example")
    assert (again.status, again.code) == (422, "email_already_in_use")
    street.visit(POS, "p-9", "lee@x.example")
    changed = street.visit(POS, "p-9", "kim@x.example")
    assert (changed.status, changed.code) == (422, "email_already_in_use")
    (row,) = street.listed("kim")
    assert row["linked_merchant_ids"] == ["p-7"]


def test_the_same_shop_s_customers_keep_their_id_everywhere(street: Street) -> None:
    kim = street.visit(WEB, "1001", "kim@x.example").json["customer"]
    assert street.shows(POS, "1001")["id"] == kim["id"], "any site may ask, and only one has it"
    assert street.visit(POS, "1001", "kim@x.example").json["customer"]["id"] == kim["id"]
    (row,) = street.listed("kim")
    assert row["linked_merchant_ids"] == []


def test_a_shopper_s_device_links_nothing_and_reads_nobody_else(street: Street) -> None:
    street.visit(WEB, "1001", "kim@x.example")
    site = next(each for each in street.world.tenant.sites if each.site_id == POS)

    def token(merchant_id: str, **claims: object) -> str:
        told = {"key_id": site.sdk_key_id, "site_id": POS, "merchant_id": merchant_id}
        issued = int(street.world.now.timestamp())
        return mint({**told, "issued_at": issued, **claims}, secret=site.sdk_secret.encode())

    assert street.shows(POS, "1001", key=token("1001")) == 404, "that 1001 is another shop's"
    told = street.visit(POS, "p-7", "kim@x.example", key=token("p-7"))
    assert (told.status, told.code) == (422, "email_already_in_use")
    vouched = token("p-7", email="kim@x.example")
    assert street.visit(POS, "p-7", "kim@x.example", key=vouched).status == 200
    (row,) = street.listed("kim")
    assert row["linked_merchant_ids"] == ["p-7"]


def test_a_guest_s_order_is_their_account_s_on_whatever_site(street: Street) -> None:
    street.visit(WEB, "1001", "kim@x.example")
    guest = {
        "merchant_id": "9",
        "customer_email": "KIM@x.example",
        "total": "30",
        "total_shipping": "0",
    }
    sent = {**guest, "payment_status": "paid", "guest": True}
    assert street.world.post("/v2/orders?site_id=2", sent).status == 201
    assert street.shows(WEB, "1001")["points_approved"] == 100 + 30 * 2
    (row,) = street.listed("kim")
    assert row["linked_merchant_ids"] == []
