"""A browser that keeps cookies, and an app that asks to be let in."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from leal.domain.deeds import Actor, ActorKind
from leal.storage.oauth import App, Description
from leal.usecases import oauth
from leal.usecases.operators import Operators
from tests.web.browser import Seen
from tests.worlds import Answer, World

BY = Actor(kind=ActorKind.COMMAND_LINE, id="test", name="test")
PASSWORD = "correct horse battery"
REDIRECT = "https://app.example/back?from=leal"
VERIFIER = "v" * 43
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)


def described(**changes: str) -> Description:
    """An app that can be registered."""
    values = {
        "name": "Post & <b>Parcel</b>",
        "description": "Sends parcels",
        "url": "https://app.example",
        "image_url": "https://app.example/i.png",
        "install_url": "https://app.example/install",
        "redirect_url": REDIRECT,
        "alert_email": "ops@app.example",
    }
    return Description(**(values | changes))


@dataclass
class Office:
    """A world with an operator `olga` and an app; `cookies` are what the browser holds."""

    world: World
    operators: Operators
    app: App
    secret: str
    cookies: dict[str, str] = field(default_factory=dict)

    def add_operator(self, login: str, program_ids: tuple[int, ...] | None) -> int:
        return self.world.run(
            self.operators.create(
                (login, login.title()),
                password=PASSWORD,
                program_ids=program_ids,
                by=BY,
                now=self.world.now,
            )
        )

    def get(self, path: str) -> Answer:
        return self._keep(self.world.get(path, headers=self._headers()))

    def send(self, path: str, fields: dict[str, str]) -> Answer:
        body = urlencode(fields).encode()
        return self._keep(self.world.call("POST", path, body=body, headers=self._headers()))

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of the page at `path`."""
        answer = self.get(path)
        assert answer.status == 200, answer.body
        return hidden(answer)

    def sign_in(self, login: str = "olga", password: str = PASSWORD, **more: str) -> Answer:
        fields = self.form("/login")
        return self.send("/login", {**fields, "login": login, "password": password, **more})

    def authorize(self, **changes: str | None) -> str:
        """Where the app sends people."""
        asked: dict[str, str | None] = {
            "client_id": self.app.client_id,
            "redirect_uri": REDIRECT,
            "scope": "read_customers,write_configuration",
            "state": "s t&a",
        }
        asked |= changes
        given = {name: value for name, value in asked.items() if value is not None}
        return f"/oauth/authorize?{urlencode(given)}"

    def code(self, *, program_id: int | None = None, more: dict[str, str] | None = None) -> str:
        """Approve, and take the code to the app."""
        fields = self.form(self.authorize(**(more or {})))
        fields |= {"decision": "approve"}
        fields |= {"program_id": str(program_id or self.world.tenant.program_id)}
        found = led(self.send("/oauth/authorize", fields))
        assert found["state"] == ["s t&a"]
        return found["code"][0]

    def exchange(self, code: str, **more: str) -> Answer:
        fields = {
            "client_id": self.app.client_id,
            "client_secret": self.secret,
            "code": code,
            **more,
        }
        return self.send("/oauth/access-token", fields)

    def token(self) -> str:
        answer = self.exchange(self.code())
        assert answer.status == 200, answer.body
        found: str = answer.json["access_token"]
        return found

    def rows(self, table: str) -> list[dict[str, Any]]:
        sql = f"SELECT to_json(t) FROM {table} t"  # noqa: S608 - the test's own table names
        found = self.world.run(self.world.database.rows(sql))
        return [json.loads(row[0]) for row in found]

    def _headers(self) -> dict[str, str]:
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"cookie": held, "authorization": ""} if held else {"authorization": ""}

    def _keep(self, answer: Answer) -> Answer:
        given = answer.headers.get("set-cookie", "")
        if given:
            name, _, value = given.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer


def hidden(answer: Answer) -> dict[str, str]:
    """The hidden fields of a page."""
    seen = Seen()
    seen.feed(answer.body.decode())
    fields = [each for each in seen.all("input") if each.get("type") == "hidden"]
    return {str(each["name"]): str(each["value"] or "") for each in fields}


def led(answer: Answer) -> dict[str, list[str]]:
    """What was handed to the app by leading there."""
    assert answer.status == 303, answer.body
    where = answer.headers["location"]
    assert where.startswith(f"{REDIRECT}&"), where
    return parse_qs(urlsplit(where).query)


def open_office(world: World, login: str = "olga") -> Office:
    """An office with one operator, who looks after the world's program."""
    operators = Operators(world.database, entropy=lambda: secrets.token_bytes(32))
    app, secret = world.run(
        oauth.create_app(
            world.database,
            world.sealer,
            described(),
            fresh=secrets.token_hex,
            by=BY,
            now=world.now,
        )
    )
    office = Office(world=world, operators=operators, app=app, secret=secret)
    office.add_operator(login, (world.tenant.program_id,))
    return office
