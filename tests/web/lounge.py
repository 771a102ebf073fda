"""Shoppers who look at loyalty pages and send their forms."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.web.browser import Seen
from tests.worlds import PUBLIC_URL, Answer, World

NOBODY = {"authorization": ""}


@dataclass
class Page:
    """A page as a browser has it before it."""

    world: World
    path: str
    seen: Seen = field(default_factory=Seen)

    def load(self, query: str = "") -> "Page":
        """Loads it, again."""
        answer = self.world.get(self.path + query, headers=NOBODY)
        assert answer.status == 200
        self.seen = Seen()
        self.seen.feed(answer.body.decode())
        return self

    @property
    def text(self) -> str:
        """All that it says."""
        return self.seen.text

    @property
    def forms(self) -> int:
        """How many forms it has."""
        return len(self.seen.all("form"))

    @property
    def form(self) -> str:
        """What marks its forms."""
        hidden = [each for each in self.seen.all("input") if each.get("name") == "form"]
        return str(hidden[0]["value"])

    def send(self, reward_id: object, **fields: object) -> Answer:
        """Sends a form; the answer is not followed."""
        body = {"form": self.form, "reward_id": reward_id, **fields}
        return self.send_raw(urlencode(body).encode())

    def send_raw(self, body: bytes) -> Answer:
        """Sends anything."""
        return self.world.call("POST", self.path, body=body, headers=NOBODY)

    def redeem(self, reward_id: object, **fields: object) -> "Page":
        """Sends a form and follows the redirect."""
        answer = self.send(reward_id, **fields)
        assert answer.status == 303
        assert answer.body == b""
        return self.load("?" + re.sub(r"^[^?]*\?|#.*$", "", answer.headers["location"]))


def open_page(world: World, merchant_id: str | None = "1001", **of: Any) -> Page:
    """A page that an app has opened for a shopper, or for nobody."""
    body: dict[str, object] = {"channel": "lion_app", **of}
    if merchant_id is not None:
        body["customer"] = {"merchant_id": merchant_id, "email": f"{merchant_id}@example.com"}
    answer = world.post("/v2/sites/1/webviews/sessions", body)
    assert answer.status == 201
    path = answer.json["webview_session"]["url"].removeprefix(PUBLIC_URL)
    return Page(world, path).load()


def give(world: World, points: int, merchant_id: str = "1001") -> None:
    """A gift of points."""
    answer = world.post(f"/v2/customers/{merchant_id}/points", {"points": points})
    assert answer.status == 201
