"""Everything that lets somebody in for a while ends on the stroke, for each use there is of it.

The clock is the world's: each thing is tried a moment before its end, and at it. Seen to fail: with
a page, a session and a code that are still good at the very end of their time.
"""

from datetime import timedelta

import pytest

from leal.api.session_tokens import CLOCK_SKEW, MAX_AGE
from leal.usecases.oauth import CODE_LASTS
from leal.usecases.operators import SESSION_LASTS
from tests.jobs.shops import give
from tests.oauth.office import REDIRECT, Office
from tests.worlds import Answer

MOMENT = timedelta(milliseconds=1)
PAGE_LASTS = timedelta(hours=1)
"""As `LEAL_WEBVIEW_SECONDS` has it when nothing is set."""


def test_a_code_ends(office: Office) -> None:
    office.sign_in()
    good, late = office.code(), office.code()
    office.world.now += CODE_LASTS - MOMENT
    assert office.exchange(good).status == 200
    office.world.now += MOMENT
    answer = office.exchange(late)
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
    assert len(office.rows("oauth_tokens")) == 1
    office.world.now -= timedelta(seconds=30)
    assert office.exchange(late).status == 400, "it was used, though too late"


def test_an_operator_s_session_ends(office: Office) -> None:
    office.sign_in()
    fields = office.form(office.authorize())
    fields |= {"decision": "approve", "program_id": str(office.world.tenant.program_id)}
    office.world.now += SESSION_LASTS - MOMENT
    assert office.get("/account").status == 200
    assert office.get(office.authorize()).status == 200
    assert _leads_to_sign_in(office.get("/account")) is False
    office.world.now += MOMENT
    assert _leads_to_sign_in(office.get("/account"))
    assert _leads_to_sign_in(office.get(office.authorize()))
    answer = office.send("/oauth/authorize", fields)
    assert REDIRECT not in answer.headers.get("location", "")
    assert office.rows("oauth_codes") == []
    office.sign_in()
    assert office.get("/account").status == 200


def test_a_loyalty_page_ends(office: Office) -> None:
    world = office.world
    give(world, "ann", 1_000)
    path = _opened(office)
    world.now += PAGE_LASTS - MOMENT
    assert _page(office, "GET", path).status == 200
    before = _kept(office)
    world.now += MOMENT
    for method in ("GET", "POST"):
        assert _page(office, method, path).status == 404
        assert _page(office, method, f"{path}?done=x.1").status == 404
    assert _kept(office) == before


def test_a_sandbox_s_time_ends_no_page_early_and_none_late(office: Office) -> None:
    world = office.world
    world.run(world.database.execute("UPDATE programs SET sandbox = true"))
    path = _opened(office)
    clock = f"/leal/v1/programs/{world.tenant.program_id}/clock"
    assert world.post(clock, {"advance": "2d"}).status == 200
    world.now += PAGE_LASTS - MOMENT
    assert _page(office, "GET", path).status == 200
    later = _opened(office)
    world.now += MOMENT
    assert _page(office, "GET", path).status == 404
    world.now += PAGE_LASTS
    assert _page(office, "GET", later).status == 404


@pytest.mark.parametrize(
    ("claims", "lasts"),
    [
        ({}, MAX_AGE + CLOCK_SKEW),
        ({"exp": 600}, timedelta(seconds=600) + CLOCK_SKEW - timedelta(seconds=1)),
        ({"expires_at": 86_400}, MAX_AGE + CLOCK_SKEW - timedelta(seconds=1)),
    ],
)
def test_a_shopper_s_token_ends(office: Office, claims: dict[str, int], lasts: timedelta) -> None:
    world = office.world
    issued = int(world.now.timestamp())
    token = world.session_token("ann", **{name: issued + after for name, after in claims.items()})
    site = f"/headless/2025-06/{world.tenant.sites[0].site_id}"
    paths = (f"{site}/customers/ann?channel=web", f"{site}/configuration?channel=web")
    world.now += lasts
    assert [world.get(path, key=token).status for path in paths] == [200, 200]
    world.now += timedelta(seconds=1)
    assert [world.get(path, key=token).status for path in paths] == [401, 401]
    redeem = f"{site}/rewards/free_shipping_voucher/redeem?channel=web"
    assert world.post(redeem, {"reward_id": 1}, key=token).status == 401


def _leads_to_sign_in(answer: Answer) -> bool:
    return answer.status == 303 and answer.headers["location"].startswith("/login")


def _opened(office: Office) -> str:
    """The path of a page for ann."""
    site_id = office.world.tenant.sites[0].site_id
    body = {"channel": "app", "customer": {"merchant_id": "ann", "email": "ann@x.example"}}
    answer = office.world.post(f"/v2/sites/{site_id}/webviews/sessions", body)
    assert answer.status == 201, answer.body
    url: str = answer.json["webview_session"]["url"]
    return "/webview/" + url.rpartition("/")[2]


def _page(office: Office, method: str, path: str) -> Answer:
    form = b"form=" + b"a" * 22 + b"&reward_id=1"
    body = form if method == "POST" else b""
    return office.world.call(method, path, headers={"authorization": ""}, body=body)


def _kept(office: Office) -> list[object]:
    return [office.rows(table) for table in ("customers", "transactions", "claimed_rewards")]
