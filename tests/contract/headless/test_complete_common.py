"""Completing rules of every kind: what it earns, every reason why not, and who may say so.

Planted bugs these have caught: the limit looked at before the kind, a closed rule that could be
completed, a session token that completed somebody else's rule.
"""

from itertools import combinations

import pytest

from leal.usecases.access import Scope
from tests.contract.conftest import NewWorld
from tests.contract.headless.completing import (
    COMPLETE,
    KINDS,
    Doer,
    doer,
    rule_of,
    rules_program,
)
from tests.contract.headless.redeeming import at, is_sound
from tests.contract.headless.worlds import Shop, email_of, only_site
from tests.programs import Document, lion_tiers, second_site
from tests.worlds import Answer

EVERY = pytest.mark.parametrize("kind", KINDS)
YESTERDAY, TODAY, TOMORROW = "2025-06-09", "2025-06-10", "2025-06-11"


@pytest.fixture(scope="module")
def shop(shared_world: NewWorld) -> Shop:
    return Shop(shared_world(rules_program()))


@pytest.fixture(autouse=True)
def as_published(shop: Shop) -> None:
    shop.world.publish(rules_program())


def refused(someone: Doer, kind: str, code: str, **parts: object) -> Answer:
    before = someone.shop.everything()
    answer = someone.does(kind, **parts)
    assert (answer.status, answer.code) == (422, code), answer.body
    assert answer.json["error"]["message"]
    assert someone.shop.everything() == before
    return answer


@EVERY
def test_points_are_earned_and_shown(shop: Shop, kind: str) -> None:
    ann = doer(shop, f"earns-{kind}")
    earned = {
        "kind": "earned_points_from_rule",
        "label": kind,
        "date": at(shop.world.now),
        "points": 5,
        "points_text": "5 points",
        "rule": {"id": rule_of(kind), "kind": kind},
        "points_will_approve_at": None,
        "points_will_expire_at": None,
        "state": "approved",
    }
    assert ann.earns(kind) == [earned]
    assert ann.document["points_approved"] == 5
    assert ann.document["history"] == [earned]
    assert is_sound(shop)


@EVERY
def test_points_may_have_to_wait(shop: Shop, kind: str) -> None:
    shop.world.publish(rules_program(**{kind: {"approval_days": 3}}))
    ann = doer(shop, f"waits-{kind}")
    [earned] = ann.earns(kind)
    assert earned["state"] == "pending"
    assert earned["points_will_approve_at"] == at(shop.world.now, days=3)
    assert (ann.document["points_approved"], ann.document["points_pending"]) == (0, 5)


@EVERY
def test_a_reward_is_given_at_once(shop: Shop, kind: str) -> None:
    gives: Document = {"points": None, "reward": 1}
    rules = rules_program(**{kind: gives})
    shop.world.publish(rules)
    ann = doer(shop, f"given-{kind}")
    [received] = ann.earns(kind)
    assert received["kind"] == "received_reward"
    [claimed] = ann.document["claimed_rewards"]
    assert claimed["id"] == received["claimed_reward_id"]
    assert claimed["source"]["kind"] == "rule_completion"
    assert ann.document["points_spent"] == 0
    assert is_sound(shop)


@EVERY
def test_customer_not_enrolled(shop: Shop, kind: str) -> None:
    shop.world.publish({**rules_program(), "enrolment": {"mode": "manual"}})
    refused(doer(shop, f"guest-{kind}"), kind, "customer_not_enrolled")


@EVERY
def test_customer_blocked(shop: Shop, kind: str) -> None:
    ann = doer(shop, f"blocked-{kind}")
    shop.block(ann.name)
    refused(ann, kind, "customer_blocked")


@EVERY
def test_rule_not_enabled_for_customer(shop: Shop, kind: str) -> None:
    shop.world.publish(rules_program(**{kind: {"enabled": False}}))
    ann = doer(shop, f"off-{kind}")
    assert ann.rule(kind) is None
    refused(ann, kind, "rule_not_enabled_for_customer")


def test_a_rule_may_be_on_for_a_tier_or_a_site_only(shop: Shop) -> None:
    gold_only: Document = {"tiers": {"silver": {"enabled": False}}}
    document = {**rules_program(clickthrough=gold_only), "tiers": lion_tiers()}
    shop.world.publish(document)
    ann = doer(shop, "silver")
    assert ann.rule("clickthrough") is None
    refused(ann, "clickthrough", "rule_not_enabled_for_customer")

    elsewhere = rules_program(clickthrough={"sites": [2]})
    second_site({"primary": False, "currency": "usd", "languages": ["en"]})(elsewhere)
    elsewhere = {**elsewhere, "sites": _first_is_primary(elsewhere)}
    shop.world.publish(elsewhere)
    refused(ann, "clickthrough", "rule_not_enabled_for_customer")
    assert ann.does("clickthrough", how={"site": 2}).status == 200


def _first_is_primary(document: Document) -> list[Document]:
    sites = document["sites"]
    assert isinstance(sites, list)
    return [{**sites[0], "primary": True}, *sites[1:]]


@EVERY
def test_rule_kind_mismatch(shop: Shop, kind: str) -> None:
    ann = doer(shop, f"kind-{kind}")
    for other in KINDS:
        if other != kind:
            refused(ann, kind, "rule_kind_mismatch", rule_id=rule_of(other))


@EVERY
def test_rule_limit_reached(shop: Shop, kind: str) -> None:
    shop.world.publish(rules_program(**{kind: {"limit": {"count": 2, "interval": None}}}))
    ann = doer(shop, f"limit-{kind}")
    ann.earns(kind)
    ann.earns(kind)
    rule = ann.rule(kind)
    assert rule["context"]["completion_limit"] == {"state": "limit_reached_forever"}
    refused(ann, kind, "rule_limit_reached")


@EVERY
@pytest.mark.parametrize(
    "days", [{"opens_on": TOMORROW}, {"closes_on": YESTERDAY, "opens_on": YESTERDAY}]
)
def test_rule_requirements_not_met(shop: Shop, kind: str, days: Document) -> None:
    shop.world.publish(rules_program(**{kind: days}))
    refused(doer(shop, f"closed-{kind}"), kind, "rule_requirements_not_met")


@EVERY
def test_a_rule_is_open_from_its_first_day_to_its_last(shop: Shop, kind: str) -> None:
    shop.world.publish(rules_program(**{kind: {"opens_on": TODAY, "closes_on": TODAY}}))
    doer(shop, f"open-{kind}").earns(kind)


def test_the_days_are_those_of_the_shop(shop: Shop) -> None:
    """It is noon in UTC, and the day after has begun on the Line Islands."""
    for zone, opens_on, status in (
        ("Pacific/Kiritimati", TOMORROW, 200),
        ("Pacific/Pago_Pago", TODAY, 200),
        ("Pacific/Pago_Pago", TOMORROW, 422),
    ):
        rules = rules_program(clickthrough={"opens_on": opens_on})
        shop.world.publish(only_site(rules, timezone=zone))
        ann = doer(shop, f"zone-{zone}-{opens_on}".replace("/", "-"))
        assert ann.does("clickthrough").status == status


@EVERY
@pytest.mark.parametrize("rule_id", [999, 2**53 - 1])
def test_an_unknown_rule(shop: Shop, kind: str, rule_id: int) -> None:
    answer = doer(shop, "unknown-rule").does(kind, rule_id=rule_id)
    assert (answer.status, answer.code) == (404, "not_found")
    assert "rule" in answer.json["error"]["message"]


@EVERY
def test_an_unknown_customer(shop: Shop, kind: str) -> None:
    doer(shop, "addressed")
    for nobody in ("nobody", email_of("addressed")):
        answer = Doer(shop, nobody).does(kind)
        assert (answer.status, answer.code) == (404, "not_found")


@EVERY
@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"rule_id": None}, "rule_id"),
        ({"rule_id": "1"}, "rule_id"),
        ({"rule_id": 0}, "rule_id"),
        ({"rule_id": 1.5}, "rule_id"),
        ({"customer_merchant_id": 1001}, "customer_merchant_id"),
        ({"customer_merchant_id": ""}, "customer_merchant_id"),
        ({"customer_merchant_id": None}, "customer_merchant_id"),
    ],
)
def test_what_is_malformed(shop: Shop, kind: str, parts: Document, field: str) -> None:
    answer = Doer(shop, "nobody").does(kind, **parts)
    assert (answer.status, list(answer.json["error"]["details"])) == (400, [field])


@EVERY
def test_who_may_say_so(shop: Shop, kind: str) -> None:
    ann = doer(shop, f"token-{kind}")
    doer(shop, "somebody-else")
    before = shop.everything()
    own, other = shop.token(ann.name), shop.token("somebody-else")
    reader = shop.world.new_key(shop.world.tenant.program_id, Scope.READ_CUSTOMERS)
    assert ann.does(kind, how={"key": other}).status == 403
    assert ann.does(kind, how={"key": reader}).status == 403
    if kind == "custom":
        assert ann.does(kind, how={"key": own}).status == 403
        assert shop.everything() == before
        return
    assert shop.everything() == before
    assert ann.does(kind, how={"key": own}).status == 200


# --- which comes first ---------------------------------------------------------------------------

FAULTS: dict[str, str] = {
    "unknown customer": "not_found",
    "unknown rule": "not_found",
    "blocked": "customer_blocked",
    "guest": "customer_not_enrolled",
    "another kind": "rule_kind_mismatch",
    "off": "rule_not_enabled_for_customer",
    "done too often": "rule_limit_reached",
    "closed": "rule_requirements_not_met",
}
"""In the order in which they are looked at."""
IN_THE_PROGRAM: dict[str, Document] = {
    "off": {"enabled": False},
    "done too often": {"limit": {"count": 1, "interval": None}},
    "closed": {"opens_on": TOMORROW},
}
PAIRS = [pair for pair in combinations(FAULTS, 2) if pair != ("unknown rule", "another kind")]


@pytest.mark.parametrize(("first", "second"), [*PAIRS, *((each, each) for each in FAULTS)])
def test_the_first_that_is_wrong_is_told(shop: Shop, first: str, second: str) -> None:
    wrong = (first, second)
    ann = doer(shop, f"{first}-and-{second}".replace(" ", "-"))
    ann.earns("clickthrough")
    ann.earns("custom")
    terms: Document = {}
    for fault in wrong:
        terms |= IN_THE_PROGRAM.get(fault, {})
    shop.world.publish(rules_program(clickthrough=terms, custom=terms))
    if "guest" in wrong:
        shop.sql("UPDATE customers SET enrolled_at = NULL WHERE merchant_id = $1", ann.name)
    if "blocked" in wrong:
        shop.block(ann.name)
    sent: Document = {}
    if "another kind" in wrong:
        sent["rule_id"] = rule_of("custom")
    if "unknown rule" in wrong:
        sent["rule_id"] = 999
    if "unknown customer" in wrong:
        sent["customer_merchant_id"] = "nobody"
    answer = ann.does("clickthrough", **sent)
    assert answer.code == FAULTS[first], answer.body
    noun = {"unknown customer": "customer", "unknown rule": "rule"}.get(first, "")
    assert noun in answer.json["error"]["message"]


def test_the_operations_are_the_published_ones() -> None:
    assert COMPLETE["tiktok_follow"] == "rules.completeTiktokFollow"
