"""Webhooks lead nowhere inside: neither when they are made nor when they are sent.

A socket listens on every address of this machine, and nobody ever connects to it.

Planted bugs these have caught: the check left out when a webhook is made; any address taken for a
public one when it is sent.
"""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network

import pytest

from leal.domain.enrolment import Visit
from leal.integrations.outgoing import Outgoing
from leal.integrations.webhooks import KeyOf, SignedWebhooks
from leal.storage import webhooks as stored
from leal.storage.db import Database
from leal.storage.webhooks import NewWebhook, Owner
from leal.usecases import customers, deliveries
from leal.usecases.desk import Ask
from tests.integrations.conftest import Dialled
from tests.integrations.test_outgoing_addresses import NOT_PUBLIC
from tests.jobs.receivers import TOPIC, Spoken
from tests.jobs.shops import until_settled
from tests.programs import lion_rewards
from tests.worlds import World, world_on

ELSEWHERE = (ip_network("10.20.0.0/16"),)

SPELLINGS = (
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "0177.1",
    "017700000001",
    "127.0.0.01",
    "127.0.0.1.",
    "127.0.0.256",
    "0",
    "0.0",
    "0x0",
    "localhost",
    "LOCALHOST",
    "LocalHost",
    "localhost.",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]",
    "[::ffff:0:0]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:0:0::1]",
    "[::1%25lo]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::0.0.0.1]",
    "[127.0.0.1]",
    "user@127.0.0.1",
    "user:word@127.0.0.1",
    "x.example@127.0.0.1",
    "x.example:443@127.0.0.1",
    "127.0.0.1#@x.example",
    "127.0.0.1\\@x.example",
    "x.example\\@127.0.0.1",
    "127.0.0.1%00",
    "127.0.0.1%2e",
    "127%2e0%2e0%2e1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "\uff11\uff12\uff17.0.0.1",
    "ⓛocalhost",
    "127.0.0.1\t",
    " 127.0.0.1",
    "127.0.0.1\r\nhost: x.example\r\n",
    "x.example,127.0.0.1",
    "127.0.0.1;x.example",
    "169.254.169.254.",
    "[::ffff:169.254.169.254]",
    "2852039166",
    "0xa9fea9fe",
)
INSIDE = {
    "inside.example": ["127.0.0.1"],
    "both.example": ["1.1.1.1", "127.0.0.1"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "nat.example": ["64:ff9b::7f00:1"],
    "private.example": ["192.168.1.1"],
    "unspecified.example": ["0.0.0.0"],  # noqa: S104 - where a name leads, nothing is bound
}
SCHEMES = ("http", "ftp", "file", "gopher", "javascript", "ws", "HTTP", "https+x")


def _forms(port: int) -> tuple[str, ...]:
    literal = [f"[{each}]" if ":" in each else each for each in NOT_PUBLIC]
    hosts = (*literal, *SPELLINGS, *INSIDE)
    return (
        *(f"https://{host}:{port}/hook" for host in hosts),
        *(f"{scheme}://127.0.0.1:{port}/hook" for scheme in SCHEMES),
        f"https:127.0.0.1:{port}/",
        f"//127.0.0.1:{port}/",
        f"https:///127.0.0.1:{port}/",
    )


@dataclass(slots=True)
class Names:
    """A name server that one may change."""

    known: dict[str, list[str]]

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        del port
        if host in self.known:
            return self.known[host]
        return ["127.0.0.1"] if host.lower().startswith("localhost") else []


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Hears every connection to any address of this machine."""
    both = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    both.settimeout(0)
    with both:
        yield both


def _was_called(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@contextmanager
def _world(database_url: str, names: Names) -> Iterator[World]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    outgoing = Outgoing(allow=ELSEWHERE, resolve=names.resolve, tls=tls)
    with closing(outgoing), world_on(database_url, lion_rewards(), pool_size=10) as world:

        async def key(_of: KeyOf) -> str:
            return "secret"

        caller = SignedWebhooks(outgoing, signing_key=key, clock=lambda: world.now)
        world.desk = replace(world.desk, webhooks=caller, composer=Spoken())
        world.limit_rate(0)
        yield world


def _to(port: int, dialled: Dialled) -> list[object]:
    return [each for each in dialled if isinstance(each, tuple) and each[1] == port]


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(set(_forms(1))) >= 120


def test_no_webhook_that_leads_inside_is_made(
    database_url: str, listener: socket.socket, dialled: Dialled
) -> None:
    port: int = listener.getsockname()[1]
    with _world(database_url, Names(INSIDE)) as world:
        for address in _forms(port):
            body = {"webhook": {"topic": TOPIC, "address": address}}
            answer = world.post("/v2/webhooks", body)
            assert answer.status == 400, f"{address!r} was taken"
            assert list(answer.json["error"]["details"]) == ["webhook.address"], address
        assert world.get("/v2/webhooks").json == {"webhooks": []}
    assert _to(port, dialled) == []
    assert not _was_called(listener)


def test_no_webhook_that_leads_inside_is_sent(
    database_url: str, listener: socket.socket, dialled: Dialled
) -> None:
    """They are written past the check, as those whose name leads elsewhere since."""
    port: int = listener.getsockname()[1]
    forms = _forms(port)
    with _world(database_url, Names(INSIDE)) as world:
        program_id = world.tenant.program_id
        world.run(_written(world.database, program_id, forms, world=world))
        _something_happens(world)
        assert world.run(deliveries.work_off(world.desk, program_id)) == 0
        tried = "SELECT count(*) FROM delivery_attempts WHERE status IS NULL AND error IS NOT NULL"
        assert world.run(world.database.value(tried)) == len(forms)
    assert _to(port, dialled) == []
    assert not _was_called(listener)


def test_a_name_that_changes_its_mind_is_caught_when_sent(
    database_url: str, listener: socket.socket, dialled: Dialled
) -> None:
    port: int = listener.getsockname()[1]
    names = Names({"app.example": ["1.1.1.1"]})
    with _world(database_url, names) as world:
        for host in ("app.example", "unknown.example"):
            body = {"webhook": {"topic": TOPIC, "address": f"https://{host}:{port}/hook"}}
            assert world.post("/v2/webhooks", body).status == 201
        names.known.update({"app.example": ["127.0.0.1"], "unknown.example": ["::1"]})
        _something_happens(world)
        assert world.run(deliveries.work_off(world.desk, world.tenant.program_id)) == 0
    assert _to(port, dialled) == []
    assert not _was_called(listener)


async def _written(
    database: Database, program_id: int, addresses: Sequence[str], *, world: World
) -> None:
    for address in addresses:
        wanted = NewWebhook(topic=TOPIC, address=address, owner=Owner(app_id=None))
        async with database.transaction() as on:
            await stored.create(on, program_id, wanted, now=world.now)


def _something_happens(world: World) -> None:
    visit, ask = Visit(email="ann@lion.example"), Ask(program_id=world.tenant.program_id)
    world.run(customers.initialize_session(world.desk, ask, merchant_id="ann", visit=visit))
    happen = (
        "INSERT INTO events (program_id, customer_id, topic, payload, created_at, settles)"
        " SELECT program_id, customer_id, $1, '{}', created_at, leal_settles() FROM customers"
    )
    world.run(world.database.execute(happen, TOPIC))
    until_settled(world)
