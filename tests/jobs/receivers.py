"""A program with webhooks, receivers on real sockets, and events as changes leave them behind."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from leal.domain.enrolment import Visit
from leal.integrations.webhooks import KeyOf, SignedWebhooks
from leal.storage.delivery_log import LogFilters, LoggedDelivery
from leal.storage.events import StoredEvent
from leal.storage.webhooks import NewWebhook, Owner, Webhook
from leal.usecases import customers, deliveries, webhooks
from leal.usecases.access import Scope
from leal.usecases.desk import Ask, Desk
from leal.usecases.verification import verify
from tests.jobs.shops import until_settled
from tests.merchants import Heard, outgoing_to
from tests.programs import lion_rewards
from tests.worlds import World, world_on

TOPIC = "program_events/customer.enrolled"
OTHER_TOPIC = "program_events/customer.enrolled"

_HAPPEN = """
INSERT INTO events (program_id, customer_id, topic, payload, created_at, settles)
VALUES ($1, $2, $3, $4, $5, leal_settles())
"""


class Spoken:
    """Words events by their payload and customer; what says `"silent": true` is not told."""

    def __init__(self) -> None:
        self.composed = 0

    async def compose(
        self, _desk: Desk, _program_id: int, event: StoredEvent, *, message_id: str, now: datetime
    ) -> bytes | None:
        self.composed += 1
        payload: Any = json.loads(event.payload)
        if payload.get("silent"):
            return None
        if payload.get("broken"):
            raise ValueError("cannot be worded")
        # the count tells bodies apart that were not kept
        words = {"id": message_id, "customer": event.customer_id, "payload": payload}
        return json.dumps({**words, "sent": now.isoformat(), "nth": self.composed}).encode()


@dataclass(slots=True)
class Stage:
    """The world and what one does with webhooks in it."""

    world: World
    people: dict[str, int] = field(default_factory=dict)

    @property
    def program_id(self) -> int:
        return self.world.tenant.program_id

    @property
    def secret(self) -> str:
        return self.world.tenant.sites[0].secret

    def subscribes(self, url: str, topic: str = TOPIC) -> Webhook:
        wanted = NewWebhook(topic=topic, address=url, owner=Owner(app_id=None))
        scopes = frozenset(Scope)
        return self.world.run(
            webhooks.create(self.world.desk, self.program_id, wanted, scopes=scopes)
        )

    def joins(self, *names: str) -> None:
        for name in names:
            visit = Visit(email=f"{name}@lion.example")
            ask = Ask(program_id=self.program_id)
            outcome = self.world.run(
                customers.initialize_session(self.world.desk, ask, merchant_id=name, visit=visit)
            )
            self.people[name] = outcome.account.customer.id

    def happens(self, name: str, number: int, topic: str = TOPIC, **more: object) -> None:
        payload = json.dumps({"number": number, **more})
        self.world.run(
            self.world.database.execute(
                _HAPPEN, self.program_id, self.people[name], topic, payload, self.world.now
            )
        )

    def works(self) -> int:
        until_settled(self.world)
        return self.world.run(deliveries.work_off(self.world.desk, self.program_id))

    def works_until_done(self) -> int:
        done = 0
        while count := self.works():
            done += count
        return done

    def webhook(self, webhook_id: int) -> webhooks.Standing:
        return self.world.run(
            webhooks.load(self.world.desk, self.program_id, webhook_id, owner=None)
        )

    def log(self, **filters: Any) -> tuple[LoggedDelivery, ...]:
        """The newest first."""
        wanted = LogFilters(**filters)
        return self.world.run(
            webhooks.list_log(self.world.desk, self.program_id, wanted, before=None, limit=1000)
        ).deliveries

    def told(self, heard: list[Heard]) -> dict[str, list[int]]:
        """The numbers each customer's events came with, in the order of their last arrival."""
        names = {customer_id: name for name, customer_id in self.people.items()}
        found: dict[str, list[int]] = {}
        for each in heard:
            body = each.json
            found.setdefault(names[body["customer"]], []).append(body["payload"]["number"])
        return found

    def is_sound(self) -> bool:
        return not self.world.run(verify(self.world.database)).violations


@contextmanager
def open_stage(
    database_url: str, certificate: Path, *, limit_seconds: float = 1.0
) -> Iterator[Stage]:
    """A stage whose sender waits `limit_seconds` for receivers."""
    with (
        world_on(database_url, lion_rewards(), pool_size=10) as world,
        closing(outgoing_to(certificate, limit_seconds=limit_seconds)) as outgoing,
    ):
        stage = Stage(world)

        async def key(_of: KeyOf) -> str:
            return stage.secret

        caller = SignedWebhooks(outgoing, signing_key=key, clock=lambda: world.now)
        world.desk = replace(world.desk, webhooks=caller, composer=Spoken())
        yield stage


def is_signed(heard: Heard, secret: str, *, topic: str = TOPIC, domain: str) -> bool:
    """Both signatures, worked out here anew, and what else the headers must say."""
    headers = heard.headers
    lion = base64.b64encode(hmac.digest(secret.encode(), heard.body, hashlib.sha256)).decode()
    stamped = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + heard.body
    standard = base64.b64encode(hmac.digest(secret.encode(), stamped, hashlib.sha256)).decode()
    return (
        headers["x-loyaltylion-hmac-sha256"] == lion
        and headers["webhook-signature"] == f"v1,{standard}"
        and headers["webhook-id"] == heard.json["id"]
        and headers["x-loyaltylion-topic"] == topic
        and headers["x-loyaltylion-site-domain"] == domain
        and "LoyaltyLion" in headers["user-agent"]
        and headers["content-type"] == "application/json"
    )
