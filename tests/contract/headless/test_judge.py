"""The judge of all the other tests: it must notice what a client of the original would."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract import schema
from tests.contract.headless.offers import REWARDS, RULES, shown_reward, shown_rule
from tests.contract.headless.worlds import CONFIGURATION, GET, SUBSCRIBE

GOOD: dict[str, Any] = {
    "channel": "web",
    "currency": "usd",
    "language": "en",
    "program": {"name": "Lion"},
    "tier_configuration": None,
    "rules": [shown_rule(kind) for kind in RULES],
    "rewards": [shown_reward(kind) for kind in REWARDS],
}


def test_what_is_right_passes() -> None:
    schema.check(CONFIGURATION, 200, GOOD)
    schema.check(GET, 404, {"error": {"code": "not_found", "message": "Nobody"}})
    schema.check(SUBSCRIBE, 422, {"error": {"code": "unsupported_platform", "message": "No"}})
    schema.check(GET, 413, {"error": {"message": "Too large"}})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.update(extra=1),
        lambda body: body.pop("language"),
        lambda body: body.update(channel="tv"),
        lambda body: body.update(tier_configuration=5),
        lambda body: body.update(referee_incentive=None),
        lambda body: body["rules"][0].update(extra=1),
        lambda body: body["rules"][0].update(kind="nap"),
        lambda body: body["rules"][0].pop("kind"),
        lambda body: body["rules"][9].pop("properties"),
        lambda body: body["rewards"][1]["properties"].pop("minimum_spend"),
        lambda body: body["rewards"][1]["properties"]["discount"].update(extra=1),
        lambda body: body["rewards"][1]["variants"][0]["cost"].update(points="5"),
        lambda body: body["rewards"][9]["properties"].update(fulfillment_type="pigeon"),
    ],
)
def test_what_is_wrong_in_a_success(spoil: Callable[[Any], object]) -> None:
    body = copy.deepcopy(GOOD)
    spoil(body)
    with pytest.raises(AssertionError):
        schema.check(CONFIGURATION, 200, body)


@pytest.mark.parametrize(
    ("operation", "status", "body"),
    [
        (CONFIGURATION, 204, None),
        (GET, 400, {}),
        (GET, 400, {"error": {"message": "Invalid request", "details": {"channel": 5}}}),
        (GET, 404, {"error": {"message": "Nobody"}}),
        (GET, 404, {"error": {"code": "missing", "message": "Nobody"}}),
        (GET, 429, {"error": {"message": "Too many"}}),
        (SUBSCRIBE, 422, {"error": {"code": "subscription_failed"}}),
        (SUBSCRIBE, 422, {"error": {"code": "insufficient_points"}}),
        (GET, 413, {"detail": "Too large"}),
        (GET, 500, {"error": {}}),
    ],
)
def test_what_is_wrong_in_other_answers(operation: str, status: int, body: object) -> None:
    with pytest.raises(AssertionError):
        schema.check(operation, status, body)
