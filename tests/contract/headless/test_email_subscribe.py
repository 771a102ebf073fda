"""Subscribe to e-mail: consent through the site's provider, the reward once, or nothing at all."""

from collections.abc import Iterator
from typing import Any

import pytest

from leal.domain.sites import ConsentProvider
from leal.integrations.consent import LocalConsent, RefusingConsent
from tests.contract.conftest import NewWorld
from tests.contract.headless.worlds import SUBSCRIBE, Shop, only_site, program
from tests.programs import Document, put, second_site

NEWSLETTER: Document = {"id": 1, "kind": "newsletter_signup", "title": "News", "points": 50}
GIFT: Document = {"id": 1, "kind": "gift_card", "title": "Card", "cost": 1, "initial_balance": 5}


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    """A program that rewards consent, where shoppers have to ask to join."""
    return Shop(shared_world(program(rules=NEWSLETTER, enrolment={"mode": "manual"})))


@pytest.fixture
def refusing(shop: Shop) -> Iterator[Shop]:
    """The same, while its provider refuses everyone."""
    shop.world.consent[ConsentProvider.LOCAL] = RefusingConsent()
    yield shop
    shop.world.consent[ConsentProvider.LOCAL] = LocalConsent()


def member(shop: Shop, merchant_id: str) -> None:
    shop.visit(merchant_id)
    shop.call("customers.enroll", merchant_id)


def test_consent_is_kept_and_rewarded_once(shop: Shop) -> None:
    member(shop, "once")
    answer = shop.call(SUBSCRIBE, "once")
    assert answer.status == 200
    customer = shop.customer("once")
    earned = {
        "kind": "earned_points_from_rule",
        "label": "News",
        "date": "2025-06-10T12:00:00Z",
        "points": 50,
        "points_text": "50 points",
        "rule": {"id": 1, "kind": "newsletter_signup"},
        "points_will_approve_at": None,
        "points_will_expire_at": None,
        "state": "approved",
    }
    consent = {"state": "subscribed"}
    assert answer.json == {
        "updated": True,
        "email_marketing_consent": consent,
        "customer": customer,
        "actions": [earned],
    }
    assert customer["email_marketing_consent"] == consent
    assert customer["sms_marketing_consent"] == {"state": "unknown"}
    assert customer["points_approved"] == 50
    assert customer["history"] == [earned]

    before = shop.everything()
    again = shop.call(SUBSCRIBE, "once")
    assert again.json == {
        "updated": False,
        "email_marketing_consent": consent,
        "customer": customer,
        "actions": [],
    }
    assert shop.everything() == before


def test_who_comes_back_earns_nothing_again(shop: Shop) -> None:
    member(shop, "back")
    shop.call(SUBSCRIBE, "back")
    shop.sql("UPDATE customers SET email_consent = 'not_subscribed' WHERE merchant_id = 'back'")
    assert shop.customer("back")["email_marketing_consent"] == {"state": "not_subscribed"}
    again = shop.call(SUBSCRIBE, "back").json
    assert (again["updated"], again["actions"]) == (True, [])
    assert again["customer"]["points_approved"] == 50


@pytest.mark.parametrize(
    ("rule", "kinds"),
    [
        (None, []),
        ({**NEWSLETTER, "enabled": False}, []),
        ({"id": 1, "kind": "newsletter_signup", "title": "N", "reward": 1}, ["received_reward"]),
    ],
    ids=["no rule", "off", "a reward"],
)
def test_what_the_actions_are(new_world: NewWorld, rule: Any, kinds: list[str]) -> None:
    shop = Shop(new_world(program(rules=[rule] if rule else [], rewards=GIFT)))
    shop.visit("1")
    answer = shop.call(SUBSCRIBE, "1").json
    assert answer["updated"] is True
    assert [action["kind"] for action in answer["actions"]] == kinds
    for action in answer["actions"]:
        assert action == shop.customer("1")["history"][0]
        assert action["claimed_reward_id"] == shop.customer("1")["claimed_rewards"][0]["id"]
        assert action["rule"] == {"id": 1, "kind": "newsletter_signup", "title": "N"}


def test_pending_points_are_actions_too(new_world: NewWorld) -> None:
    shop = Shop(new_world(program(rules={**NEWSLETTER, "approval_days": 3})))
    shop.visit("1")
    [action] = shop.call(SUBSCRIBE, "1").json["actions"]
    assert (action["state"], action["points_will_approve_at"]) == (
        "pending",
        "2025-06-13T12:00:00Z",
    )
    assert shop.customer("1")["points_pending"] == 50


def test_only_for_members(shop: Shop) -> None:
    shop.visit("guest")
    member(shop, "blocked")
    shop.block("blocked")
    before = shop.everything()
    codes = {
        merchant_id: (answer.status, answer.code)
        for merchant_id in ("guest", "blocked", "nobody")
        for answer in [shop.call(SUBSCRIBE, merchant_id)]
    }
    assert codes == {
        "guest": (422, "customer_not_enrolled"),
        "blocked": (422, "customer_blocked"),
        "nobody": (404, "not_found"),
    }
    assert shop.everything() == before


def test_without_a_provider(new_world: NewWorld) -> None:
    shop = Shop(new_world(only_site(program(rules=NEWSLETTER), consent_provider=None)))
    shop.visit("1")
    before = shop.everything()
    answer = shop.call(SUBSCRIBE, "1")
    assert (answer.status, answer.code) == (422, "unsupported_platform")
    assert shop.everything() == before


def test_the_provider_is_that_of_the_site_in_the_path(new_world: NewWorld) -> None:
    document = program(rules=NEWSLETTER)
    second_site({"primary": False, "consent_provider": None})(document)
    put("sites.0.primary", value=True)(document)
    shop = Shop(new_world(document))
    shop.visit("1")
    assert shop.call(SUBSCRIBE, "1", site=2).code == "unsupported_platform"
    assert shop.call(SUBSCRIBE, "1", site=1).json["updated"] is True


def test_a_provider_that_refuses_changes_nothing(refusing: Shop) -> None:
    member(refusing, "refused")
    before = refusing.everything()
    answer = refusing.call(SUBSCRIBE, "refused")
    assert (answer.status, answer.code) == (422, "subscription_failed")
    assert answer.json["error"]["message"]
    assert refusing.everything() == before


def test_who_is_subscribed_does_not_ask_the_provider(shop: Shop, refusing: Shop) -> None:
    member(shop, "already")
    shop.sql("UPDATE customers SET email_consent = 'subscribed' WHERE merchant_id = 'already'")
    assert refusing.call(SUBSCRIBE, "already").json["updated"] is False


def test_after_a_failure_it_can_be_tried_again(refusing: Shop) -> None:
    member(refusing, "retry")
    refusing.call(SUBSCRIBE, "retry")
    refusing.world.consent[ConsentProvider.LOCAL] = LocalConsent()
    answer = refusing.call(SUBSCRIBE, "retry").json
    assert (answer["updated"], len(answer["actions"])) == (True, 1)


def test_without_an_address_there_is_nothing_to_subscribe(shop: Shop) -> None:
    member(shop, "mailless")
    shop.sql("UPDATE customers SET email = NULL, email_key = NULL WHERE merchant_id = 'mailless'")
    before = shop.everything()
    assert shop.call(SUBSCRIBE, "mailless").code == "subscription_failed"
    assert shop.customer("mailless")["email"] is None
    assert shop.everything() == before


def test_a_body_is_not_needed_and_not_read(shop: Shop) -> None:
    for number, body in enumerate((b"", b"{}", b"not json")):
        member(shop, f"body-{number}")
        assert shop.call(SUBSCRIBE, f"body-{number}", body=body).json["updated"] is True
