"""OAuth from signing in to revocation, and everything that must not work."""

import asyncio
import base64

import pytest

from leal.storage.oauth import app_secret
from leal.usecases import oauth
from leal.usecases.oauth import BadApp
from tests.jobs.shops import shop
from tests.oauth.office import (
    BY,
    CHALLENGE,
    PASSWORD,
    REDIRECT,
    VERIFIER,
    Office,
    described,
    led,
)


def test_the_whole_way(office: Office) -> None:
    path = office.authorize()
    asked = office.get(path)
    assert asked.status == 303
    login = asked.headers["location"]
    assert login.startswith("/login?next=%2Foauth%2Fauthorize")
    back = office.send("/login", {**office.form(login), "login": "Olga", "password": PASSWORD})
    assert (back.status, back.headers["location"]) == (303, path)
    page = office.get(path)
    shown = page.body.decode()
    assert "Post &amp; &lt;b&gt;Parcel&lt;/b&gt;" in shown
    assert "See your customers" in shown
    assert "form-action 'self' https://app.example;" in page.headers["content-security-policy"]
    answer = office.exchange(office.code())
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json["access_token"]
    assert answer.json == {
        "access_token": token,
        "token_type": "bearer",
        "scope": "read_customers write_configuration",
    }
    assert office.world.get("/v2/customers", key=token).status == 200
    assert office.world.get("/v2/orders", key=token).status == 403
    assert office.world.get("/v2/identity/whoami", key=token).json["identity"] == {
        "kind": "oauth",
        "account_id": office.world.tenant.program_id,
        "program_id": office.world.tenant.program_id,
        "scopes": ["read_customers", "write_configuration"],
        "integration": {"id": office.app.id, "name": office.app.described.name},
    }
    ended = office.send(
        "/oauth/revoke",
        {"client_id": office.app.client_id, "client_secret": office.secret, "token": token},
    )
    assert (ended.status, ended.body) == (200, b"")
    office.world.seconds += 6
    assert office.world.get("/v2/customers", key=token).status == 401
    actions = [row["action"] for row in office.rows("audit")]
    assert actions == [
        "oauth_app.created",
        "operator.created",
        "operator.signed_in",
        "oauth.consent_given",
        "oauth.token_issued",
        "oauth.token_revoked",
    ]


@pytest.mark.parametrize(
    "redirect",
    [
        "https://app.example/back",
        "https://app.example/back?from=leal&x=1",
        "https://app.example/back?from=leal#x",
        "https://app.example/back/?from=leal",
        "https://app.example/back/../back?from=leal",
        "https://APP.example/back?from=leal",
        "https://app.example:443/back?from=leal",
        "http://app.example/back?from=leal",
        "https://app.example@evil.example/back?from=leal",
        "https://evil.example/?https://app.example/back?from=leal",
        "//app.example/back?from=leal",
        "javascript:alert(1)",
        "https://app.example/back?from=leal ",
        "",
        None,
    ],
)
def test_nobody_is_led_to_another_address(office: Office, redirect: str | None) -> None:
    answer = office.get(office.authorize(redirect_uri=redirect))
    assert answer.status == 400
    assert "location" not in answer.headers
    assert office.get(office.authorize(client_id="0" * 32)).status == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "read_everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": "x", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_the_app_hears_of_its_mistakes(office: Office, changes: dict[str, str], error: str) -> None:
    found = led(office.get(office.authorize(**changes)))
    assert (found["error"], found["state"]) == ([error], ["s t&a"])


def test_saying_no_gives_no_code(office: Office) -> None:
    office.sign_in()
    fields = office.form(office.authorize())
    program = str(office.world.tenant.program_id)
    found = led(
        office.send("/oauth/authorize", {**fields, "decision": "deny", "program_id": program})
    )
    assert found["error"] == ["access_denied"]
    assert "code" not in found
    assert office.rows("oauth_codes") == []


def test_a_program_of_somebody_else_cannot_be_given_away(office: Office) -> None:
    other = office.world.add_program(shop())
    office.sign_in()
    fields = office.form(office.authorize())
    fields |= {"decision": "approve", "program_id": str(other.program_id)}
    assert led(office.send("/oauth/authorize", fields))["error"] == ["access_denied"]
    assert office.rows("oauth_codes") == []


def test_a_token_is_of_one_program_only(office: Office) -> None:
    other = office.world.add_program(shop())
    office.add_operator("otto", None)
    office.sign_in("otto")
    token = office.exchange(office.code(program_id=other.program_id)).json["access_token"]
    assert office.world.get("/v2/customers", key=token).json["customers"] == []


def test_a_code_used_twice_takes_back_its_token(office: Office) -> None:
    office.sign_in()
    code = office.code()
    token = office.exchange(code).json["access_token"]
    again = office.exchange(code)
    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    assert office.world.get("/v2/customers", key=token).status == 401


def test_two_who_come_at_once_get_one_token(office: Office) -> None:
    office.sign_in()
    code = office.code()
    body = (f"client_id={office.app.client_id}&client_secret={office.secret}&code={code}").encode()

    async def both() -> list[int]:
        asked = (
            office.world.answer("POST", "/oauth/access-token", headers={}, body=body)
            for _ in range(2)
        )
        return sorted(answer.status for answer in await asyncio.gather(*asked))

    assert office.world.run(both()) == [200, 400]
    assert len(office.rows("oauth_tokens")) == 1


def test_a_code_is_good_for_less_than_a_minute(office: Office) -> None:
    office.sign_in()
    code = office.code()
    office.world.later(seconds=60)
    assert office.exchange(code).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("challenged", "sent", "status"),
    [
        (True, {"code_verifier": VERIFIER}, 200),
        (True, {}, 400),
        (True, {"code_verifier": "w" * 43}, 400),
        (True, {"code_verifier": CHALLENGE}, 400),
        (False, {"code_verifier": VERIFIER}, 400),
        (False, {"redirect_uri": REDIRECT}, 200),
        (False, {"redirect_uri": "https://app.example/"}, 400),
        (False, {"grant_type": "authorization_code"}, 200),
        (False, {"grant_type": "password"}, 400),
    ],
)
def test_what_was_agreed_must_hold(
    office: Office, *, challenged: bool, sent: dict[str, str], status: int
) -> None:
    office.sign_in()
    pkce = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"} if challenged else {}
    assert office.exchange(office.code(more=pkce), **sent).status == status


def test_clients_prove_themselves_in_each_way(office: Office) -> None:
    office.sign_in()
    world, names = office.world, {"client_id": office.app.client_id}
    body = {**names, "client_secret": office.secret, "code": office.code()}
    assert world.post("/oauth/access-token", body, headers={"authorization": ""}).status == 200
    pair = base64.b64encode(f"{office.app.client_id}:{office.secret}".encode()).decode()
    basic = {"authorization": f"Basic {pair}"}
    form = f"code={office.code()}".encode()
    answer = world.call("POST", "/oauth/access-token", body=form, headers=basic)
    assert answer.status == 200
    wrong = office.exchange(office.code(), client_secret="0" * 64)
    assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
    assert "www-authenticate" in wrong.headers
    for bad in (b"", b"[]", b"{", b"code=a&code=b", b"\xff", b'{"code": 1}'):
        got = world.call("POST", "/oauth/access-token", body=bad, headers=basic)
        assert (got.status, got.headers["cache-control"]) == (400, "no-store"), bad


def test_a_json_body_is_read(office: Office) -> None:
    office.sign_in()
    body = {
        "client_id": office.app.client_id,
        "client_secret": office.secret,
        "code": office.code(),
    }
    answer = office.world.run(
        office.world.answer(
            "POST",
            "/oauth/access-token",
            headers={"content-type": "application/json"},
            body=str(body).replace("'", '"').encode(),
        )
    )
    assert answer.status == 200


def test_an_app_s_token_switches_rewards_as_itself(office: Office) -> None:
    office.sign_in()
    token = office.token()
    answer = office.world.call("POST", "/v2/rewards/999/disable", key=token)
    assert answer.status == 404  # let in, and no such reward


def test_revoking_an_app_ends_all_it_had(office: Office) -> None:
    office.sign_in()
    token, code, world = office.token(), office.code(), office.world
    world.run(
        oauth.revoke(world.database, office.app.client_id, program_id=None, by=BY, now=world.now)
    )
    assert world.get("/v2/customers", key=token).status == 401
    assert office.exchange(code).status == 401
    assert office.get(office.authorize()).status == 400


def test_no_secret_is_in_the_tables(office: Office) -> None:
    office.sign_in()
    code = office.code()
    token = office.exchange(code).json["access_token"]
    world = office.world
    assert world.run(app_secret(world.database, world.sealer, office.app.id)) == office.secret
    secrets = [code, token, token[4:], office.secret, PASSWORD, *office.cookies.values()]
    tables = ("oauth_apps", "oauth_codes", "oauth_tokens", "operators", "operator_sessions")
    dump = "".join(str(office.rows(table)) for table in (*tables, "audit"))
    assert len(dump) > 500
    for secret in filter(None, secrets):
        assert secret not in dump
        assert secret.encode().hex() not in dump


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_url": "http://app.example/"},
        {"redirect_url": "http://127.0.0.1.evil.example/"},
        {"redirect_url": "https://a.example/#x"},
        {"redirect_url": "https://u@a.example/"},
        {"redirect_url": "https://a.example;x/"},
        {"url": "http://127.0.0.1/"},
        {"description": "x" * 151},
        {"alert_email": "nobody"},
        {"name": ""},
    ],
)
def test_an_app_that_cannot_be_registered(changes: dict[str, str], office: Office) -> None:
    world = office.world
    with pytest.raises(BadApp):
        world.run(
            oauth.create_app(
                world.database,
                world.sealer,
                described(**changes),
                fresh=lambda count: "0" * count,
                by=BY,
                now=world.now,
            )
        )
