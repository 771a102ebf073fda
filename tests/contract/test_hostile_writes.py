"""Every operation that writes, sent what nobody should send, byte by byte over sockets.

Each is answered in the contract's words with a 4xx that changes nothing, or does what it says.
The tables of all three APIs are walked, so a new operation is tried without being named here.
Seen to fail: with NUL let through in escaped strings.
"""

import asyncio
import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from leal.api.connections import Connections
from leal.api.crowd import Limits
from leal.api.operations import Operation
from leal.usecases.verification import verify
from tests.api.test_json_body import REFUSED
from tests.contract import schema
from tests.contract.conftest import NewWorld
from tests.contract.writes import HEADLESS, NOT_EFFECTS, WRITES, furnished, sample
from tests.soak import examples
from tests.worlds import World

_T = TypeVar("_T")

MAY_BE_NOTHING = ("empty", "blank")
"""Bodies that old plugins send, and that some operations take for an empty object."""

BOMB = gzip.compress(b"[" * 10_000_000)
BODIES: Mapping[str, tuple[bytes, bytes]] = {
    **{name: (b"", raw) for name, raw in REFUSED.items() if name not in MAY_BE_NOTHING},
    "a gzip bomb": (b"Content-Encoding: gzip\r\n", BOMB),
    "a nameless gzip bomb": (b"", BOMB),
    "over 1 MB": (b"", b'{"a": "' + b"x" * 1_000_000 + b'"}'),
    "a form": (b"Content-Type: application/x-www-form-urlencoded\r\n", b"points=5&a[b]=c"),
    "something binary": (b"Content-Type: application/octet-stream\r\n", bytes(range(256))),
}
"""Header fields and a body, none of which is a JSON object that can be read."""

IDS = (
    *("%00", "a%00b", "%FF", "%FE", "%C0%AF", "%ED%A0%80", "%", "%zz", "..%2f", "%2e%2e%2f.."),
    *("x" * 256, "x" * 16_000, "%F0%9F%98%80" * 300, "\x7f", "%0d%0aSet-Cookie:%20a=b", "%20"),
    *("0", "-1", "9223372036854775808", "1_0", "%D9%A1%D9%A2", "1.0", "1e3", "true", "null"),
    "99999999999999999999999999999999",
)
IMPOSSIBLE_IDS = ("%00", "a%00b", "%FF", "%FE", "%C0%AF", "x" * 16_000)

QUERIES = (
    *("channel=%00", "channel=%FF", "channel=web&channel=pos", "channel[]=web", "channel=", "%00"),
    *("site_id=9223372036854775808", "site_id=%D9%A1", "site_id=1_0", "site_id=1&site_id=2"),
    *("limit=%D9%A1%D9%A2", "limit=1_0", "limit=1&limit=2", "since_id=9223372036854775808"),
    *("language=%00", "language=" + "x" * 5_000, "country=%ED%A0%80", "a=" + "%00" * 1_000),
    *("email=%00", "&&&===", "channel=web;drop", "%F0%9F%98%80=%F0%9F%98%80", "x" * 16_000),
)

VALUES = (
    *("0", "-1", "1", "1000000", "1000001", "2147483648", "9007199254740992"),
    *("9223372036854775807", "-9223372036854775807", "1.0", "1e3", "1.5", "1e60", "-0", "-0.0"),
    *("0.1", '"5"', '"1,234.56"', '"100.0000"', "true", "false", "null", "[]", "{}", "[[]]"),
    *('[null, 1, "a", {}]', '{"": ""}', '""', '" "', '"\\u0001"', '"\\ud83d\\ude00"', '"\\u202ea"'),
    *('"\\u00e9"', '"e\\u0301"', '"%s"' % ("x" * 255), '"%s"' % ("x" * 256)),
    *('"%s"' % ("x" * 65_536), '"\\ud83d\\ude00%s"' % ("\\ud83d\\ude00" * 300), '"%00"'),
    *('"1990-W19-4"', '"9999-12-31T23:59:59.999999-23:59"', '"0001-01-01T00:00:00+23:59"'),
    *('"2024-01-01T00:00:00+17:09"', '"2024-02-30"', '"\\u0661\\u0662"', '"NaN"', '"-5"'),
    *('"; DROP TABLE customers; --"', '"a\\nb"', '"gid://shopify/Customer/"', '"http://[::1"'),
)
"""JSON texts that take the place of each field, one after the other."""

UNREADABLE = (
    *('"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', "NaN", "-Infinity", "9223372036854775808"),
    *("1e999999999", '{"a": 1, "a": 2}', "[" * 40 + "]" * 40, "01", '"\\x"', "\u0661"),
)
"""As `VALUES`; but no JSON, or none that is read. The rest of the body is in order."""

STEP = examples(4, soak=1)
"""In every run each operation is tried with a fourth of all, the next with the next fourth."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer off the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_refusal(self) -> bool:
        return 400 <= self.status < 500


class Sender:
    """Writes requests to a world's app over real sockets, one after the other."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._server = world.run(self._listen())
        self.port: int = self._server.sockets[0].getsockname()[1]

    def send(self, requests: Sequence[bytes]) -> list[Heard]:
        return self.world.run(self._send(requests))

    def close(self) -> None:
        self.world.run(self._close())

    def request(self, line: str, body: bytes | None, fields: bytes = b"") -> bytes:
        head = f"{line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.world.tenant.key}\r\n"
        length = b"" if body is None else b"Content-Length: %d\r\n" % len(body)
        return head.encode("latin-1") + fields + length + b"\r\n" + (body or b"")

    async def _listen(self) -> asyncio.Server:
        config = uvicorn.Config(self.world.app, lifespan="off", log_config=None, ws="none")
        config.load()
        connections, state = Connections(Limits()), ServerState()
        return await asyncio.get_running_loop().create_server(
            lambda: connections(config=config, server_state=state, app_state={}), "127.0.0.1", 0
        )

    async def _send(self, requests: Sequence[bytes]) -> list[Heard]:
        return [await self._ask(each) for each in requests]

    async def _ask(self, raw: bytes) -> Heard:
        async with asyncio.timeout(20):
            self._open = self._open or await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self._open
            writer.write(raw)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            headers = dict(each.lower().split(": ", 1) for each in lines)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            if "close" in headers.get("connection", ""):
                writer.close()
                self._open = None
        return Heard(int(first.split()[1]), headers, body)

    async def _close(self) -> None:
        if self._open:
            self._open[1].close()
        self._server.close()
        await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def world(shared_world: NewWorld) -> World:
    return furnished(shared_world)


@pytest.fixture(scope="module")
def sender(world: World) -> Iterator[Sender]:
    made = Sender(world)
    yield made
    made.close()


@pytest.fixture(scope="module")
def digest_sql(world: World) -> str:
    """One statement for a digest of every row of every table."""
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    tables = [row["tablename"] for row in world.run(world.database.rows(sql))]
    sums = " UNION ALL ".join(
        f"SELECT '{each}' AS name, (SELECT sum(hashtextextended(t::text, 0)) FROM {each} t) AS rows"  # noqa: S608 - from the catalogue
        for each in tables
        if each not in NOT_EFFECTS
    )
    return f"SELECT string_agg(name || ' ' || coalesce(rows::text, ''), ';') FROM ({sums}) AS s"  # noqa: S608 - as above


@dataclass(frozen=True, slots=True)
class Trial:
    """One operation, with what asks for it in an orderly way."""

    operation: Operation
    path: str
    body: Any
    sender: Sender
    digest_sql: str

    def some(self, of: Sequence[_T]) -> Sequence[_T]:
        """Its share of `of`."""
        return of[WRITES.index(self.operation) % STEP :: STEP]

    @property
    def line(self) -> str:
        return f"{self.operation.method} {self.path}"

    @property
    def good(self) -> bytes | None:
        return None if self.body is None else json.dumps(self.body).encode()

    def tries(self, requests: Mapping[str, bytes]) -> dict[str, int]:
        """The statuses of all; refusals, when there is nothing else, have changed nothing."""
        world = self.sender.world
        before = self._digest(world)
        told: dict[str, int] = {}
        for (name, _), heard in zip(
            requests.items(), self.sender.send(list(requests.values())), strict=True
        ):
            self._check(name, heard)
            told[name] = heard.status
        refused = [name for name, status in told.items() if status >= 400]
        if len(refused) < len(told):
            before = self._digest(world)
            again = self.sender.send([requests[name] for name in refused])
            assert all(each.is_refusal for each in again)
        assert self._digest(world) == before
        return told

    def _digest(self, world: World) -> str:
        found: str = world.run(world.database.value(self.digest_sql))
        return found

    def _check(self, name: str, heard: Heard) -> None:
        assert 200 <= heard.status < 500, (self.line, name, heard)
        if heard.status < 400:
            return
        assert heard.headers["content-type"] == "application/json", (self.line, name)
        error = json.loads(heard.body)["error"]
        assert error.get("message") or error.get("code"), (self.line, name, heard.body)
        if self.operation in HEADLESS and heard.status in schema.statuses(self.operation.name):
            schema.check(self.operation.name, heard.status, json.loads(heard.body))


@pytest.fixture(scope="module")
def samples(world: World) -> Mapping[str, tuple[str, Any]]:
    """All of them, before the first is tried: then there is enough in stock."""
    return {each.name: sample(world, each, "h-" + each.name.replace(".", "-")) for each in WRITES}


@pytest.fixture(params=WRITES, ids=lambda operation: operation.name)
def trial(
    request: pytest.FixtureRequest,
    sender: Sender,
    digest_sql: str,
    samples: Mapping[str, tuple[str, Any]],
) -> Trial:
    operation = cast("Operation", request.param)
    path, body = samples[operation.name]
    return Trial(operation, path, body, sender, digest_sql)


def test_a_body_that_cannot_be_read_is_refused(trial: Trial) -> None:
    request = trial.sender.request
    tried = {name: BODIES[name] for name in (*trial.some(tuple(BODIES)), "over 1 MB")}
    told = trial.tries(
        {name: request(trial.line, raw, fields) for name, (fields, raw) in tried.items()}
    )
    assert told["over 1 MB"] == 413
    if trial.body is not None:
        assert set(told.values()) <= {400, 413}, told
    told = trial.tries({name: request(trial.line, REFUSED[name]) for name in MAY_BE_NOTHING})
    assert all(status < 500 for status in told.values())


def test_neither_are_ids_that_cannot_be(trial: Trial) -> None:
    where = trial.operation.path
    places = list(re.finditer(r"\{(\w+)\}", where))
    filled = re.match(re.sub(r"\{\w+\}", "([^/?]+)", where), trial.path)
    assert filled
    requests = {}
    for place in range(len(places)):
        for each in {*trial.some(IDS), IMPOSSIBLE_IDS[0]}:
            start, end = filled.span(place + 1)
            path = trial.path[:start] + each + trial.path[end:]
            line = f"{trial.operation.method} {path}"
            requests[f"{places[place][1]}={each[:40]}"] = trial.sender.request(line, trial.good)
    told = trial.tries(requests)
    impossible = tuple(f"={each[:40]}" for each in IMPOSSIBLE_IDS)
    refused = {name: status for name, status in told.items() if name.endswith(impossible)}
    assert all(status >= 400 for status in refused.values()), refused


def test_no_query_is_a_bug(trial: Trial) -> None:
    bare, _, usual = trial.path.partition("?")
    requests = {}
    for each in trial.some(QUERIES):
        line = f"{trial.operation.method} {bare}?{usual}&{each}"
        requests[each[:60]] = trial.sender.request(line, trial.good)
    trial.tries(requests)


def test_no_value_of_a_field_is_a_bug(trial: Trial) -> None:
    requests = {}
    for text, where in replaced(trial.body):
        for value in trial.some(VALUES):
            body = text.replace(_MARK, value).encode()
            requests[f"{where}: {value[:40]} {len(value)}"] = trial.sender.request(trial.line, body)
    trial.tries(requests)


def test_a_good_body_with_one_unreadable_value_is_refused(trial: Trial) -> None:
    requests = {}
    for text, where in replaced(trial.body):
        for value in UNREADABLE:
            body = text.replace(_MARK, value).encode()
            requests[f"{where}: {value[:40]}"] = trial.sender.request(trial.line, body)
    assert set(trial.tries(requests).values()) <= {400}


def test_the_books_are_right_after_all_that(world: World) -> None:
    assert world.run(verify(world.database)).violations == ()


_MARK = '"@here@"'


def replaced(body: Any) -> Iterator[tuple[str, str]]:
    """The body as JSON with a mark in the place of each field in turn, and where that is."""

    def paths(node: Any, at: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        if at:
            yield at
        inner = dict(enumerate(node)) if isinstance(node, list) else node
        for key, child in inner.items() if isinstance(inner, dict) else ():
            yield from paths(child, (*at, key))

    for at in paths(body, ()):
        copy = json.loads(json.dumps(body))
        *above, last = at
        target = copy
        for key in above:
            target = target[key]
        target[last] = _MARK.strip('"')
        yield json.dumps(copy), ".".join(map(str, at))
