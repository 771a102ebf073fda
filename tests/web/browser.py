"""A reader of the pages: asks the routes and looks at what HTML says."""

import asyncio
from dataclasses import dataclass, field
from html.parser import HTMLParser

from starlette.routing import Router
from starlette.types import Message

from leal.web import pages

SHAPE = {
    "type": "object",
    "properties": {
        "points": {"type": "integer", "description": "Points <b>left</b>"},
        "tier": {"anyOf": [{"$ref": "#/components/schemas/Tier"}, {"type": "null"}]},
    },
    "required": ["points"],
}
OPERATION = {
    "operationId": "points.spend",
    "tags": ["points"],
    "summary": "Spend <points>",
    "description": "Needs the scope `write_customers`.",
    "security": [{"apiKey": ["write_customers"]}, {"sitePair": []}],
    "parameters": [
        {
            "name": "merchant_id",
            "in": "path",
            "required": True,
            "description": "Who",
            "schema": {"type": "string"},
            "example": "a b/c",
        },
        {
            "name": "channel",
            "in": "query",
            "required": False,
            "description": "Where",
            "schema": {"enum": ["web", "pos"]},
            "example": "web",
        },
        {"name": "language", "in": "query", "schema": {"type": "string"}},
        {"name": "X-Channel", "in": "header", "schema": {"type": "string"}},
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": SHAPE, "example": {"reason": "Kim's gift"}}},
    },
    "responses": {
        "200": {"description": "Done", "content": {"application/json": {"schema": SHAPE}}},
        "422": {"description": "Refused", "x-error-codes": {"too_few": "Too few points"}},
    },
}
DOCUMENT = {
    "info": {"title": "Shop API", "version": "7", "description": "What a `shop` does"},
    "servers": [{"url": "https://loyalty.example.com"}],
    "paths": {"/v7/customers/{merchant_id}/spend": {"post": OPERATION}},
    "components": {
        "securitySchemes": {
            "apiKey": {"type": "http", "scheme": "bearer", "description": "A key"},
            "sitePair": {"type": "http", "scheme": "basic", "description": "A pair"},
        },
        "schemas": {
            "Tier": {
                "type": "object",
                "properties": {"next": {"$ref": "#/components/schemas/Tier"}},
            }
        },
    },
}
SPEND = "/docs/v7/points.spend"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Seen(HTMLParser):
    """A page's elements in order, as (name, attributes), and all its text."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]


class Browser:
    """Asks the pages of `DOCUMENT`."""

    def __init__(self) -> None:
        self._app = Router(pages.routes({"/v7": DOCUMENT}), redirect_slashes=False)

    def get(self, path: str, **headers: str) -> Answer:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        raw = [(name.replace("_", "-").encode(), each.encode()) for name, each in headers.items()]
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": raw,
        }
        asyncio.run(self._app(scope, receive, send))
        shown = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], shown, sent[1]["body"])

    def see(self, path: str) -> Seen:
        seen = Seen()
        seen.feed(self.get(path).body.decode())
        return seen
