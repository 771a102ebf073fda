"""The served OpenAPI documents are valid, whole, and say what the routes do."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import cast

import msgspec
import pytest
from jsonschema import Draft202012Validator
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Message

from leal.api import openapi
from leal.api.admin import openapi as admin_openapi
from leal.api.gate import Gate
from leal.api.headless import openapi as headless_openapi
from leal.api.headless import routes, shapes
from leal.api.http import Handler, Reply
from leal.api.openapi import SCHEMAS, Document
from leal.api.operations import Operation, Parameter
from leal.usecases.access import Scope
from leal.usecases.desk import Desk

URL = "https://loyalty.example.com"


async def unserved(_request: Request) -> Reply:
    raise AssertionError("documents are made without calling anything")


def row(name: str, method: str, path: str) -> tuple[Operation, Handler]:
    scope = Scope.WRITE_CUSTOMERS
    return Operation(name=name, method=method, path=path, summary=name, scope=scope), unserved


def served() -> Document:
    # the table only keeps the desk and the gate for later, when a request comes
    table = routes.table(cast("Desk", None), cast("Gate", None))
    return headless_openapi.document(table, public_url=URL)


def whole_contract() -> Document:
    """As `served`, of every operation the contract knows, at made-up addresses."""
    names = shapes.load().operations
    table = [row(name, "POST", f"/{{site_id}}/{name}") for name in names]
    return headless_openapi.document(table, public_url=URL)


def admin() -> Document:
    told: dict[str, object] = {
        "type": "object",
        "properties": {"customer": {"$ref": f"{SCHEMAS}Error"}, "points": {"type": "integer"}},
    }
    listed = Operation(
        name="customers.list",
        method="GET",
        path="/v2/customers",
        summary="Customers",
        scope=Scope.READ_CUSTOMERS,
        query=(Parameter(name="limit", meaning="At most", schema={"type": "integer"}),),
    )
    table = [(listed, unserved), row("points.add", "POST", "/v2/customers/{merchant_id:id}/points")]
    return admin_openapi.document(
        table,
        requests={"points.add": told},
        responses={"customers.list": {200: told}, "points.add": {204: None}},
        public_url=URL,
    )


DOCUMENTS = {"served": served, "whole contract": whole_contract, "admin": admin}


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest) -> Document:
    # through the wire and back, as its readers get it
    raw = msgspec.json.encode(DOCUMENTS[request.param]())
    return msgspec.json.decode(raw, type=dict[str, object])


def at(node: object, *keys: str) -> dict[str, object]:
    for key in keys:
        node = cast("Mapping[str, object]", node)[key]
    return cast("dict[str, object]", node)


def operations(document: Document) -> Iterator[tuple[str, dict[str, object]]]:
    for path, methods in at(document, "paths").items():
        for each in cast("Mapping[str, dict[str, object]]", methods).values():
            yield path, each


def nodes(node: object) -> Iterator[dict[str, object]]:
    if isinstance(node, dict):
        yield node
        for each in node.values():
            yield from nodes(each)
    elif isinstance(node, list):
        for each in node:
            yield from nodes(each)


def test_every_reference_leads_somewhere(document: Document) -> None:
    references = [each["$ref"] for each in nodes(document) if isinstance(each.get("$ref"), str)]
    assert references
    for reference in references:
        assert isinstance(reference, str)
        assert at(document, *reference.removeprefix("#/").split("/"))


def test_every_schema_is_one(document: Document) -> None:
    found = [
        *at(document, "components", "schemas").values(),
        *(each["schema"] for each in nodes(document["paths"]) if "schema" in each),
    ]
    for schema in found:
        Draft202012Validator.check_schema(cast("dict[str, object]", schema))


def test_every_schema_is_reached(document: Document) -> None:
    used = {str(each.get("$ref", "")).removeprefix(SCHEMAS) for each in nodes(document)}
    assert set(at(document, "components", "schemas")) <= used


def test_an_example_body_fits_its_schema(document: Document) -> None:
    for _, operation in operations(document):
        if "requestBody" in operation:
            media = at(operation, "requestBody", "content", "application/json")
            schema = {**at(media, "schema"), "components": document["components"]}
            Draft202012Validator(schema).validate(media["example"])


def test_operation_ids_are_unique_and_tagged(document: Document) -> None:
    names = [str(each["operationId"]) for _, each in operations(document)]
    assert len(set(names)) == len(names)
    for _, each in operations(document):
        assert each["tags"] == [str(each["operationId"]).partition(".")[0]]


def test_paths_declare_their_parameters(document: Document) -> None:
    for path, operation in operations(document):
        parameters = cast("list[dict[str, object]]", operation["parameters"])
        in_path = [each["name"] for each in parameters if each["in"] == "path"]
        assert in_path == re.findall(r"\{([a-z_]+)\}", path)
        assert path.count("{") == len(in_path)
        assert all(each["required"] is True for each in parameters if each["in"] == "path")


def test_whatever_can_go_wrong_is_told(document: Document) -> None:
    for _, operation in operations(document):
        answers = at(operation, "responses")
        with_body = {"408", "413"} if "requestBody" in operation else set()
        assert {"400", "401", "403", "404", "429", "500", "503"} | with_body <= answers.keys()
        assert any(status.startswith("2") for status in answers)
        for status in ("429", "503"):
            assert "Retry-After" in at(answers, status, "headers")


def test_security_names_known_schemes_and_the_scope(document: Document) -> None:
    schemes = at(document, "components", "securitySchemes")
    for _, operation in operations(document):
        for allowed in cast("list[dict[str, list[str]]]", operation["security"]):
            assert allowed.keys() <= schemes.keys()
            for scope in allowed.get("apiKey", []):
                assert f"`{scope}`" in str(operation["description"])


def test_the_served_document_describes_the_route_table() -> None:
    table = routes.table(cast("Desk", None), cast("Gate", None))
    described = {
        (path, method.upper())
        for path, methods in at(served(), "paths").items()
        for method in cast("Mapping[str, object]", methods)
    }
    assert described == {(each.path, each.method) for each, _ in table}


def test_a_shopper_session_opens_only_what_the_table_says() -> None:
    table = {each.name: each for each, _ in routes.table(cast("Desk", None), cast("Gate", None))}
    for _, operation in operations(served()):
        security = cast("list[dict[str, object]]", operation["security"])
        assert ({"customerSession": []} in security) is table[
            str(operation["operationId"])
        ].sessions


def test_writes_take_an_idempotency_key_and_tell_what_it_may_meet(document: Document) -> None:
    for methods in at(document, "paths").values():
        for method, operation in cast("Mapping[str, dict[str, object]]", methods).items():
            parameters = cast("list[dict[str, object]]", operation["parameters"])
            takes = ("header", "Idempotency-Key") in [
                (each["in"], each["name"]) for each in parameters
            ]
            assert takes is (method != "get")
            if takes:
                answers = at(operation, "responses")
                assert "Retry-After" in at(answers, "409", "headers")
                assert "idempotency_key_reused" in at(answers, "422", "x-error-codes")
                assert "Idempotency-Hit" in at(answers, "422", "headers")


def test_refusals_are_told_by_code_and_meaning() -> None:
    birthday = next(
        each for _, each in operations(served()) if each["operationId"] == "customers.setBirthday"
    )
    codes = at(birthday, "responses", "422", "x-error-codes")
    assert set(codes) >= {"customer_not_enrolled", "customer_blocked", "invalid_date"}
    assert codes["customer_blocked"] == "This customer is blocked from the program"


def test_the_place_of_a_call_comes_by_query_or_header() -> None:
    _, operation = next(operations(served()))
    parameters = cast("list[dict[str, object]]", operation["parameters"])
    places = {(each["in"], each["name"]) for each in parameters}
    for name in ("channel", "language", "country"):
        assert ("query", name) in places
        assert ("header", f"X-LoyaltyLion-{name.capitalize()}") in places


def test_info_and_server() -> None:
    for made, title, version in (
        (served(), "leal Headless API", "2025-06"),
        (admin(), "leal Admin API", "v2"),
    ):
        assert made["openapi"] == "3.1.0"
        assert at(made, "info")["title"] == title
        assert at(made, "info")["version"] == version
        assert cast("list[dict[str, str]]", made["servers"])[0]["url"] == URL


def test_the_route_serves_it_to_anyone_and_only_once() -> None:
    route = openapi.route("/v2/openapi.json", admin())
    status, headers, body = ask(route, {})
    assert (status, headers["content-type"]) == (200, "application/json")
    assert msgspec.json.decode(body) == msgspec.json.decode(msgspec.json.encode(admin()))
    status, headers, body = ask(route, {"if-none-match": headers["etag"]})
    assert (status, body) == (304, b"")
    status, _, _ = ask(route, {"if-none-match": '"older"'})
    assert status == 200


def ask(route: Route, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/v2/openapi.json", "headers": raw}

    async def exchange() -> None:
        await route.app(scope, receive, send)

    asyncio.run(exchange())
    shown = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], shown, sent[1]["body"]
