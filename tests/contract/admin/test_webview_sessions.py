"""POST /v2/sites/{site_id}/webviews/sessions."""

import re

import pytest

from tests.contract.admin.lobby import OPEN_PAGE, ask
from tests.contract.admin.office import basic, fits
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards
from tests.worlds import World

KIM = {"merchant_id": "1001", "email": "kim@example.com"}


@pytest.fixture(scope="module")
def world(shared_world: NewWorld) -> World:
    return shared_world(lion_rewards())


def test_a_page_for_anybody(world: World) -> None:
    answer = ask(world, OPEN_PAGE)
    url = answer.json["webview_session"]["url"]
    assert (answer.status, answer.json) == (
        201,
        {"webview_session": {"url": url, "expires_at": "2025-06-10T13:00:00.000Z"}},
    )
    assert re.fullmatch(r"http://leal\.test/webview/[A-Za-z0-9_-]{43}", url)
    stored = world.run(world.database.rows("SELECT * FROM webview_sessions"))
    assert url.rpartition("/")[2] not in str([dict(row) for row in stored])


def test_a_shopper_opens_the_shop_by_it(world: World) -> None:
    assert ask(world, OPEN_PAGE, json={"channel": "a.b", "customer": KIM}).status == 201
    (kim,) = world.get("/v2/customers?email=kim@example.com").json["customers"]
    assert (kim["merchant_id"], kim["enrolled"], kim["points_approved"]) == ("1001", True, 100)


@pytest.mark.parametrize(
    "body",
    [
        {"channel": "lion_app", "language": "xx", "currency": "??", "customer": None},
        {"channel": "a.", "language": None, "currency": None, "more": 1},
        {"channel": "app", "language": "de-AT"},
    ],
)
def test_what_a_site_lacks_falls_back(world: World, body: object) -> None:
    assert fits(OPEN_PAGE, body)
    assert ask(world, OPEN_PAGE, json=body).status == 201


BAD = [
    ({}, "channel"),
    ({"channel": None}, "channel"),
    ({"channel": "a"}, "channel"),
    ({"channel": "my-app"}, "channel"),
    ({"channel": "löwe"}, "channel"),
    ({"channel": "app", "language": 5}, "language"),
    ({"channel": "app", "customer": "1001"}, "customer"),
    ({"channel": "app", "customer": {"merchant_id": "1"}}, "customer.email"),
    ({"channel": "app", "customer": {"email": "kim@example.com"}}, "customer.merchant_id"),
    ({"channel": "app", "customer": KIM | {"email": "kim"}}, "customer.email"),
]


@pytest.mark.parametrize(("body", "field"), BAD, ids=str)
def test_a_bad_body_opens_nothing(world: World, body: object, field: str) -> None:
    count = "SELECT count(*) FROM webview_sessions"
    before = world.run(world.database.value(count))
    answer = ask(world, OPEN_PAGE, json=body)
    assert (answer.status, set(answer.json["error"]["details"])) == (400, {field})
    assert world.run(world.database.value(count)) == before


@pytest.mark.parametrize(("site_id", "status"), [("2", 404), ("9" * 30, 404), ("x", 400)])
def test_unknown_sites(world: World, site_id: str, status: int) -> None:
    assert ask(world, OPEN_PAGE, site_id=site_id).status == status


def test_pages_have_a_limit_of_their_own(new_world: NewWorld) -> None:
    world = new_world(lion_rewards())
    site = world.tenant.sites[0]
    pair = basic(site.token, site.secret)
    world.limit_rate(2)
    assert [ask(world, OPEN_PAGE, headers=pair).status for _ in range(11)] == [201] * 10 + [429]
    assert [world.get("/v2/customers", headers=pair).status for _ in range(3)] == [200, 200, 429]
    ended = "SELECT count(*) FROM webview_sessions"
    world.later(hours=2)
    world.seconds += 5
    assert ask(world, OPEN_PAGE).status == 201
    assert world.run(world.database.value(ended)) == 1
