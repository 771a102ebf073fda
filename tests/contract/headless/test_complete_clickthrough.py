"""Complete a clickthrough rule: as often as the limit of the day allows, also all at once."""

import json

from tests.contract import schema
from tests.contract.conftest import NewWorld
from tests.contract.headless.completing import COMPLETE, doer, rule_of, rules_program
from tests.contract.headless.friends import Party
from tests.contract.headless.redeeming import at, is_sound
from tests.contract.headless.worlds import Shop

ONCE_A_DAY = {"limit": {"count": 1, "interval": "day"}}


def test_a_limit_begins_anew_the_next_day(new_world: NewWorld) -> None:
    shop = Shop(new_world(rules_program(clickthrough=ONCE_A_DAY)))
    ann = doer(shop, "ann")
    ann.earns("clickthrough")
    context = ann.rule("clickthrough")["context"]
    assert context["completion_count"] == 1
    assert context["last_completed_at"] == at(shop.world.now)
    assert context["completion_limit"]["state"] == "limit_reached_until_reset"
    assert ann.does("clickthrough").code == "rule_limit_reached"
    shop.world.later(hours=11, minutes=59)
    assert ann.does("clickthrough").code == "rule_limit_reached"
    shop.world.later(minutes=1)
    ann.earns("clickthrough")
    assert ann.document["points_approved"] == 10


def test_twenty_at_once_are_one(new_world: NewWorld) -> None:
    shop = Shop(new_world(rules_program(clickthrough=ONCE_A_DAY)))
    ann = doer(shop, "ann")
    path = schema.route(COMPLETE["clickthrough"])[1].replace("{site_id}", "1") + "?channel=web"
    sent = {"rule_id": rule_of("clickthrough"), "customer_merchant_id": "ann"}
    answers = Party(shop).all_at_once([(path, "POST", json.dumps(sent).encode())] * 20)
    told = sorted(each.status for each in answers)
    # who comes too often between others is told to try again
    assert told.count(200) == 1
    assert set(told) <= {200, 422, 503}
    assert ann.document["points_approved"] == 5
    assert is_sound(shop)
