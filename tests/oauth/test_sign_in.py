"""Signing in: cookies, forms of others, too many attempts, and where one is led."""

from dataclasses import replace

import pytest
from starlette.responses import Response

from leal.app import open_door
from leal.usecases.operators import ATTEMPTS_BY_ACCOUNT
from tests.oauth.office import BY, PASSWORD, Office


def test_the_cookie_is_out_of_reach_and_new_at_each_sign_in(office: Office) -> None:
    first = office.sign_in()
    flags = first.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "secure" not in flags
    before = office.cookies["leal_session"]
    office.sign_in()
    assert office.cookies["leal_session"] != before
    office.cookies["leal_session"] = before
    assert office.get("/account").status == 303
    assert len(office.rows("operator_sessions")) == 1


def test_over_https_the_cookie_is_for_https_only(office: Office) -> None:
    secure = replace(office.world.desk, public_url="https://points.example")
    cookies, answer = open_door(secure).cookies, Response()
    cookies.give(answer, cookies.session, "token")
    flags = answer.headers["set-cookie"].lower()
    assert flags.startswith("__host-leal_session=token;")
    assert "; secure" in flags
    assert "; path=/" in flags
    assert "domain" not in flags


def test_a_session_ends(office: Office) -> None:
    office.sign_in()
    assert office.get("/account").status == 200
    office.world.later(hours=12)
    assert office.get("/account").status == 303


def test_signing_out_ends_the_session_on_the_server(office: Office) -> None:
    office.sign_in()
    token, fields = office.cookies["leal_session"], office.form("/account")
    assert office.send("/logout", fields).status == 303
    office.cookies["leal_session"] = token
    assert office.get("/account").status == 303


@pytest.mark.parametrize("csrf", ["", "0" * 64, "é", None])
def test_forms_of_others_do_nothing(office: Office, csrf: str | None) -> None:
    fields = office.form("/login") | {"login": "olga", "password": PASSWORD}
    forged = {name: value for name, value in fields.items() if name != "csrf"}
    if csrf is not None:
        forged["csrf"] = csrf
    assert office.send("/login", forged).status == 403
    office.send("/login", fields)
    program = {"program_id": str(office.world.tenant.program_id), "decision": "approve"}
    asked = office.form(office.authorize()) | program
    asked.pop("csrf")
    if csrf is not None:
        asked["csrf"] = csrf
    assert office.send("/oauth/authorize", asked).status == 403
    assert office.send("/logout", {"csrf": csrf or ""}).status == 403
    assert office.rows("oauth_codes") == []
    assert office.get("/account").status == 200


def test_unknown_and_wrong_are_told_alike_and_noted(office: Office) -> None:
    wrong, unknown = office.sign_in(password="x" * 12), office.sign_in("nobody")
    assert (wrong.status, unknown.status) == (403, 403)
    alert = b"do not belong together"
    assert alert in wrong.body
    assert alert in unknown.body
    failed = [row for row in office.rows("audit") if row["action"] == "operator.sign_in_failed"]
    assert len(failed) == 2


def test_too_many_attempts_are_not_let_try_the_right_one(office: Office) -> None:
    for _ in range(ATTEMPTS_BY_ACCOUNT):
        assert office.sign_in(password="x" * 12).status == 403
    assert office.sign_in().status == 429
    office.world.limit_rate(0)  # another process of the server
    assert office.sign_in().status == 429
    office.world.later(minutes=15)
    assert office.sign_in().status == 303


def test_a_disabled_operator_is_out_at_once(office: Office) -> None:
    office.sign_in()
    office.world.run(office.operators.disable("olga", by=BY, now=office.world.now))
    assert office.get("/account").status == 303
    assert office.sign_in().status == 403


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil", "/a\r\nb: c", "a"],
)
def test_signing_in_leads_nowhere_else(office: Office, elsewhere: str) -> None:
    assert office.sign_in(next=elsewhere).headers["location"] == "/account"
