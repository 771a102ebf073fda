"""Each OpenAPI document is held against the server that serves it, by a fuzzer who reads both.

Whatever is sent: no answer is a 5xx, each has a status, a type, headers and a shape that the
document tells, what the document forbids is refused, nothing is done without credentials, and other
methods are told which to use. The books are right afterwards.

Seen to fail: with a refusal that a document leaves out, a member added to an answer, and an option
that is not looked at.
"""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from leal.api.admin.routes import PREFIX as ADMIN
from leal.api.headless.prefix import PREFIX as HEADLESS
from leal.api.own.routes import PREFIX as OWN
from leal.api.samples import MERCHANT_ID
from leal.usecases.verification import verify
from tests.contract.conftest import NewWorld
from tests.contract.fuzz.fuzzer import Finding, fuzz
from tests.contract.headless.redeeming import rewards_program
from tests.programs import lion_rewards
from tests.soak import examples
from tests.worlds import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """What is no fault at an operation, when the request looks like `sent`."""

    check: str
    operation: str
    sent: str = ""
    why: str

    def covers(self, finding: Finding) -> bool:
        of = (finding.check, finding.operation) == (self.check, self.operation)
        return of and re.search(self.sent, finding.again) is not None


EXCUSES = (
    Excuse(
        check="allow_header_conformance",
        operation="POST /v2/customers/authenticate",
        why="a customer whose id is `authenticate` can be changed there, as any other",
    ),
    Excuse(
        check="negative_data_rejection",
        operation=f"POST {HEADLESS}/{{site_id}}/customers/{{merchant_id}}/sessions",
        sent='"(cart|session|page_url)": null',
        why="null for what may be left out is as if it were; the published shapes do not say so",
    ),
)


@pytest.fixture(scope="module")
def world(shared_world: NewWorld) -> World:
    """A shop where most examples find what they ask for."""
    made = shared_world({**rewards_program(), "tiers": lion_rewards()["tiers"]})
    made.run(made.database.execute("UPDATE programs SET sandbox = true"))
    session = f"{HEADLESS}/1/customers/{MERCHANT_ID}/sessions?channel=web"
    assert made.post(session, {"customer": {"email": "kim@example.com"}}).status == 200
    assert made.post(f"/v2/customers/{MERCHANT_ID}/points", {"points": 100_000}).status == 201
    order = {
        "merchant_id": MERCHANT_ID,
        "customer_id": MERCHANT_ID,
        "customer_email": "kim@example.com",
        "total": "48.00",
        "total_shipping": "0",
        "payment_status": "paid",
    }
    assert made.post("/v2/orders", order).status == 201
    return made


@pytest.mark.parametrize("prefix", [HEADLESS, ADMIN, OWN])
def test_the_server_does_what_its_document_says(world: World, prefix: str) -> None:
    report = fuzz(world, prefix, tries=examples(1, soak=200), whole=bool(examples(0, soak=1)))
    assert report.failures == []
    faults = [each for each in report.findings if not any(e.covers(each) for e in EXCUSES)]
    assert not faults, "\n".join(map(str, faults[:20]))
    # not all of it was refused, and nothing was left out
    assert {200, 400, 401, 404, 405, 422} <= report.statuses.keys()
    assert max(report.statuses) < 500
    assert report.operations == set(_operations(world, prefix))
    assert world.run(verify(world.database)).violations == ()


@pytest.mark.parametrize("prefix", [HEADLESS, ADMIN, OWN])
def test_what_a_document_gives_as_an_example_is_understood(world: World, prefix: str) -> None:
    paths: dict[str, Any] = world.get(f"{prefix}/openapi.json").json["paths"]
    found = {}
    for path, methods in paths.items():
        for method, operation in methods.items():
            filled = {
                each["name"]: 1 if each["schema"].get("type") == "integer" else each["example"]
                for each in operation["parameters"]
                if each["in"] == "path"
            }
            media = operation.get("requestBody", {"content": {"application/json": {}}})
            body = media["content"]["application/json"].get("example")
            address = path.format_map(filled) + "?channel=web"
            found[method, path] = world.call(method.upper(), address, json=body)
    refused = {
        each: (answer.status, answer.body)
        for each, answer in found.items()
        # a refusal of the program's has understood what was asked
        if not (answer.status < 300 or answer.status in (404, 422))
    }
    assert refused == {}


def _operations(world: World, prefix: str) -> list[str]:
    paths: dict[str, Any] = world.get(f"{prefix}/openapi.json").json["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
