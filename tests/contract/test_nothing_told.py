"""A real server tells secrets and personal data where the contract says so, and nowhere else.

Every operation of all three APIs is asked over sockets, so that it succeeds and so that it fails in
many ways, with marks in all that is secret or personal. Then standard output, standard error and
every reply are searched. Seen to fail: with the messages of exceptions in the log, and an error
that quoted what it was sent.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract.headless.redeeming import rewards_program
from tests.contract.two_programs import OPERATIONS, Asked, asked
from tests.contract.wire import Wire, wire_on
from tests.contract.writes import furnish
from tests.databases import DatabaseServer
from tests.oauth.office import PASSWORD, open_office

MARK = "m4rk"
"""In every id, address and name of a person; no log may ever have it."""

PERSONAL = {
    "email": f"c{MARK}-mail@example.com",
    "first_name": f"{MARK}-first",
    "last_name": f"{MARK}-last",
    "phone": f"+49151{MARK}",
    "ip_address": "203.0.113.77",
}
INNARDS = re.compile(
    r"Traceback|File \"|\.py\b|asyncpg|SELECT |INSERT |UPDATE |relation \"|constraint|"
    r"[Pp]ostgre|starlette|uvicorn|python|msgspec|leal/\d|\d+\.\d+\.\d+(?!\.)"
)


ALL = {operation.name for operation in OPERATIONS}
REDEEMED = {
    each.name
    for each in OPERATIONS
    if each.name.startswith("rewards.redeem") or each.name == "rewards.refundProductCart"
}
OF_NO_CODE = {
    *("rewards.redeemActiveSubscriptionProduct", "rewards.redeemCustom"),
    *("rewards.redeemProductCart", "rewards.refundProductCart"),
}
SHOWN: dict[str, set[str]] = {
    "email": REDEEMED
    | {each.name for each in OPERATIONS if each.name.startswith("rules.complete")}
    | {
        "activities.listActivities",
        "customers.emailMarketingSubscribe",
        "customers.enroll",
        "customers.export",
        "customers.getCustomer",
        "customers.initializeSession",
        "customers.listCustomers",
        "customers.listTransactionsForCustomer",
        "customers.setBirthday",
        "customers.updateCustomer",
        "emails.listUnsubscribes",
        "fulfilments.complete",
        "fulfilments.list",
        "orders.listOrders",
        "reviews.createReview",
        "reviews.updateReview",
        "transactions.listTransactions",
    },
    "code": (REDEEMED - OF_NO_CODE)
    | {
        "transactions.listTransactions",
        "vouchers.release",
        "vouchers.use",
        "vouchers.validate",
    },
}
"""The operations that show a customer's address, and those that show a code: all there are."""


@dataclass(frozen=True, slots=True)
class Told:
    wire: Wire
    secrets: dict[str, str]


@pytest.fixture(scope="module")
def told(
    database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("told")
    with (
        database_server.fresh() as url,
        wire_on(url, rewards_program(), folder=folder, LEAL_WORKER="on") as wire,
    ):
        secrets = given_out(wire)
        furnish(wire)
        good = []
        for operation in OPERATIONS:
            wire.about = "preparing"
            good.append(asked(wire, operation, f"{MARK}-{operation.name.replace('.', '-')}"))
            tried(wire, good[-1])
        for each in good:
            wire.about = each.operation.name
            if each.operation.method == "GET":
                ask(wire, "GET", each.path, None)
        breaks(wire)
        wire.about = "broken"
        for each in good:
            ask(wire, each.operation.method, each.path, each.body)
        yield Told(wire, secrets)


def test_the_log_has_a_line_for_each_request_and_nothing_of_it(told: Told) -> None:
    log = told.wire.log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) >= len(told.wire.heard)
    bugs = [line for line in lines if "CheckViolationError" in line.get("error", "")]
    assert len(bugs) >= 20, "a statement that fails is told of, without the row it quotes"
    hidden = [*told.secrets.values(), *PERSONAL.values(), MARK, *_codes(told)]
    assert [secret for secret in hidden if secret in log] == []
    assert len(_codes(told)) > 3


def test_replies_give_secrets_to_whom_they_are_for(told: Told) -> None:
    found = {
        (heard.about, what)
        for heard in told.wire.heard
        for what, secret in told.secrets.items()
        if secret in heard.text
    }
    assert found == {
        ("/oauth/access-token", "app's token"),
        ("/login", "operator's session"),
    }


@pytest.mark.parametrize(("what", "text"), [("email", f"c{MARK}-"), ("code", "")])
def test_replies_show_of_a_person_what_the_contract_says(told: Told, what: str, text: str) -> None:
    texts = [text] if text else _codes(told)
    showing = {
        heard.about
        for heard in told.wire.heard
        if heard.about in ALL and any(each in heard.text for each in texts)
    }
    assert showing == SHOWN[what]


def test_errors_tell_nothing(told: Told) -> None:
    errors = [heard for heard in told.wire.heard if heard.answer.status >= 400]
    assert len(errors) > 4 * len(OPERATIONS)
    for heard in errors:
        for what, secret in {**told.secrets, **PERSONAL, "mark": MARK}.items():
            assert secret not in heard.text, (what, heard)
        assert not INNARDS.search(heard.text), heard


def test_no_reply_tells_what_serves_it(told: Told) -> None:
    names = {name for heard in told.wire.heard for name in heard.answer.headers}
    assert names.isdisjoint({"server", "x-powered-by", "via"})


def test_a_bug_is_told_without_its_cause(told: Told) -> None:
    bugs = [heard.answer for heard in told.wire.heard if heard.answer.status == 500]
    assert len(bugs) >= 20
    for bug in bugs:
        assert bug.json["error"].keys() <= {"message", "code"}, bug


def _codes(told: Told) -> list[str]:
    """The codes of vouchers and gift cards that were given."""
    texts = (heard.answer.body.decode() for heard in told.wire.heard)
    found = (re.findall(r'"(?:voucher|gift_card)_code":"([^"]+)"', text) for text in texts)
    return sorted({code for codes in found for code in codes})


def breaks(wire: Wire) -> None:
    """From now on no change of a customer can be saved, and PostgreSQL says why, row and all."""
    sql = "ALTER TABLE customers ADD CHECK (email IS NULL) NOT VALID"
    wire.run(wire.database.execute(sql))


def given_out(wire: Wire) -> dict[str, str]:
    """A secret of each kind, used once for what it is for."""
    wire.about = ""
    office = open_office(wire)
    office.sign_in()
    token = office.token()
    site = wire.tenant.sites[0]
    shopper = wire.session_token(f"{MARK}-shopper")
    return {
        "key": wire.tenant.key,
        "app's token": token,
        "app's secret": office.secret,
        "operator's password": PASSWORD,
        "operator's session": office.cookies["leal_session"],
        "site's secret": site.secret,
        "SDK secret": site.sdk_secret,
        "shopper's token": shopper,
    }


def tried(wire: Wire, good: Asked) -> None:
    """The operation as it is in order, and in many ways that are not."""
    wire.about = good.operation.name
    method, path, body = good.operation.method, good.path, good.body
    personal = {**body, **PERSONAL} if isinstance(body, dict) else body
    ask(wire, method, path, personal)
    other = "&" if "?" in path else "?"
    texts = "&".join(f"{name}={value}" for name, value in PERSONAL.items())
    ask(wire, method, f"{path}{other}{texts}&limit={MARK}&site_id={MARK}&cursor={MARK}", personal)
    ask(wire, method, path, _spoilt(body, f"x-{MARK}@example.com"))
    ask(wire, method, path, None, raw=json.dumps(PERSONAL).encode()[:-1])
    for value in (f"x-{MARK}@example.com", "%00" + MARK):
        named = dict.fromkeys(good.filled, value)
        ask(wire, method, good.operation.path.format_map(named) + "?channel=web", personal)
    wire.call(method, path, json=personal, key=wire.tenant.sites[0].secret)
    ask(wire, "TRACE", path, personal)
    ask(wire, method, f"{path.partition('?')[0]}/{PERSONAL['email']}/", personal)


def ask(wire: Wire, method: str, path: str, json: Any, *, raw: bytes | None = None) -> None:
    wire.call(method, path, json=json, body=raw)


def _spoilt(body: Any, text: str) -> Any:
    """The body with a text in the place of every value."""
    if isinstance(body, dict):
        return {name: _spoilt(value, text) for name, value in body.items()}
    return [_spoilt(each, text) for each in body] if isinstance(body, list) else text
