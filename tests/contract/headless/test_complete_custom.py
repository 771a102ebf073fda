"""Complete a custom rule: by its id here, by its name through the Admin API; approved by hand."""

import pytest

from tests.contract.conftest import NewWorld
from tests.contract.headless.completing import doer, rules_program
from tests.contract.headless.redeeming import is_sound
from tests.contract.headless.worlds import Shop, email_of

PENDING = {"approval": "trigger"}


@pytest.fixture
def shop(new_world: NewWorld) -> Shop:
    return Shop(new_world(rules_program(custom={"limit": {"count": 2, "interval": None}})))


def test_both_apis_complete_one_rule(shop: Shop) -> None:
    ann = doer(shop, "ann")
    ann.earns("custom")
    told = {"name": "quiz", "customer_id": "ann", "customer_email": email_of("ann")}
    assert shop.world.post("/v2/activities", json=told).status in (200, 201, 202, 204)
    assert ann.document["points_approved"] == 10
    assert ann.does("custom").code == "rule_limit_reached"
    assert is_sound(shop)


def test_points_that_somebody_has_to_approve_wait(shop: Shop) -> None:
    shop.world.publish(rules_program(custom=PENDING))
    ann = doer(shop, "ann")
    [earned] = ann.earns("custom")
    assert earned["state"] == "pending"
    assert earned["points_will_approve_at"] is None
    shop.world.later(days=400)
    assert ann.document["points_pending"] == 5
