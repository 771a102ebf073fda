"""GET /v2/sites, POST /v2/customers/authenticate and the addresses that clients guess."""

import pytest

from tests.contract.admin.lobby import AUTHENTICATE, SITES, ask
from tests.contract.admin.office import basic
from tests.contract.conftest import NewWorld
from tests.programs import lion_rewards, second_site
from tests.worlds import World


@pytest.fixture(scope="module")
def world(shared_world: NewWorld) -> World:
    """The lion's program, which has a second site since an hour ago."""
    document = lion_rewards()
    made = shared_world(document)
    made.later(hours=1)
    second_site()(document)
    made.publish(document)
    return made


def test_the_sites_of_a_program(world: World) -> None:
    program_id = world.tenant.program_id
    ids = {"program_id": program_id, "account_id": program_id}
    assert ask(world, SITES).json == {
        "sites": [
            {
                "id": 2,
                **ids,
                "name": "Zweiter Laden",
                "url": "https://lion.example/de",
                "platform": "custom",
                "currencies": ["eur"],
                "languages": ["de"],
                "created_at": "2025-06-10T13:00:00.000Z",
                "updated_at": "2025-06-10T13:00:00.000Z",
            },
            {
                "id": 1,
                **ids,
                "name": "Lion Shop",
                "url": "https://lion.example",
                "platform": "custom",
                "currencies": ["usd"],
                "languages": ["en", "de"],
                "created_at": "2025-06-10T12:00:00.000Z",
                "updated_at": "2025-06-10T13:00:00.000Z",
            },
        ]
    }


def test_another_program_s_sites_are_its_own(world: World) -> None:
    stranger = world.add_program(lion_rewards())
    (site,) = ask(world, SITES, key=stranger.key).json["sites"]
    assert (site["id"], site["program_id"]) == (1, stranger.program_id)


def test_a_site_s_pair_does_not_list_sites(world: World) -> None:
    site = world.tenant.sites[0]
    answer = ask(world, SITES, headers=basic(site.token, site.secret))
    message = "The token and secret of a site do not allow this. Use an API key."
    assert (answer.status, answer.json) == (403, {"error": {"message": message}})


def test_a_token_for_an_old_plugin_opens_its_customer_only(world: World) -> None:
    site = world.tenant.sites[0]
    pair = basic(site.token, site.secret)
    answer = ask(world, AUTHENTICATE, json={"customer_id": 1001}, headers=pair)
    assert list(answer.json) == ["auth_token"]
    token = answer.json["auth_token"]
    opened = world.post(
        "/headless/2025-06/1/customers/1001/sessions?channel=web",
        {"customer": {"email": "1001@example.com"}},
        key=token,
    )
    assert (opened.status, opened.json["customer"]["merchant_id"]) == (200, "1001")
    other = world.get("/headless/2025-06/1/customers/1002?channel=web", key=token)
    assert other.status == 403
    assert world.get("/v2/customers", key=token).status == 401
    world.now = world.now.replace(day=12)
    late = world.get("/headless/2025-06/1/customers/1001?channel=web", key=token)
    world.now = world.now.replace(day=10)
    assert late.status == 401


@pytest.mark.parametrize(
    "body", [{}, {"customer_id": None}, {"customer_id": ""}, {"customer_id": True}]
)
def test_a_token_is_for_somebody(world: World, body: object) -> None:
    answer = ask(world, AUTHENTICATE, json=body)
    assert (answer.status, set(answer.json["error"]["details"])) == (400, {"customer_id"})


NAMED = (
    "An activity is found by its name and your own id of it: "
    "PUT /v2/activities/{name}/{merchant_id}."
)
GUESSES = [
    ("GET", "whoami", 404, None, "This is GET /v2/identity/whoami."),
    ("GET", "unsubscribes", 404, None, "This is /v2/loyalty_emails/unsubscribes."),
    ("POST", "unsubscribes", 404, None, "This is /v2/loyalty_emails/unsubscribes."),
    (
        "PUT",
        "customers/1001",
        405,
        "PATCH",
        "Customers are changed with PATCH /v2/customers/{merchant_id}.",
    ),
    (
        "GET",
        "customers/gid%3A%2F%2F1",
        405,
        "PATCH",
        "Look a customer up with GET /v2/customers?email=…",
    ),
    (
        "DELETE",
        "customers/1001/points",
        405,
        "POST",
        "Points are removed with POST /v2/customers/{merchant_id}/remove_points.",
    ),
    (
        "PUT",
        "activities/5",
        404,
        None,
        NAMED,
    ),
    (
        "DELETE",
        "orders/1",
        405,
        "GET, HEAD, PUT",
        "Orders are cancelled with PUT /v2/orders/{merchant_id}/cancelled.",
    ),
]


@pytest.mark.parametrize(("method", "path", "status", "allow", "message"), GUESSES)
def test_a_guess_is_told_what_is_right(
    world: World, method: str, path: str, status: int, allow: str | None, message: str
) -> None:
    answer = world.call(method, f"/v2/{path}")
    assert (answer.status, answer.json) == (status, {"error": {"message": message}})
    assert answer.headers.get("allow") == allow
    assert answer.headers["content-type"] == "application/json"


def test_other_methods_are_still_told_what_the_table_serves(world: World) -> None:
    answer = world.call("DELETE", "/v2/customers/1001")
    assert (answer.status, answer.headers["allow"]) == (405, "PATCH")
    assert world.get("/v2/nothing").status == 404
