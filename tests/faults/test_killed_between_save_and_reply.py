"""The server is killed around the moment of saving a request with an idempotency key.

After the save and before anybody heard of it, the same request is told the answer that was kept;
before the save nothing of it remains, and the same request is done.

Planted, and seen to fail: answers that are not kept with their keys (nothing was there to tell).
"""

import asyncio
import http.client
import secrets
import socket
import time
from pathlib import Path

import asyncpg

from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases.access import Scope, create_key
from leal.usecases.programs import Publisher
from tests.concurrency.fleet import NOW
from tests.databases import with_database
from tests.faults.servers import Installation, free_port, live_for
from tests.programs import lion_rewards

_BODY = b'{"points": 7}'
_PATH = "/v2/customers/ann/points"
_WAIT_SECONDS = 30


def test_a_reply_that_was_lost_is_told_again(database_url: str, tmp_path: Path) -> None:
    installation = Installation(
        database_url=database_url,
        folder=tmp_path,
        port=free_port(),
        secret_key=secrets.token_bytes(32),
    )
    key = _open_shop(installation)

    def dies_unheard() -> None:
        _join(installation, key)
        _send(installation, key, "heard by nobody")
        _until(database_url, "SELECT count(*) FROM idempotency_keys WHERE status = 201", 1)

    def dies_before_the_save() -> None:
        status, hit = _post(installation, key, "heard by nobody")
        assert (status, hit) == (201, "true")
        runner.run(_hold_up(holder, installation, key))

    live_for(installation, dies_unheard)
    with asyncio.Runner() as runner:
        holder = runner.run(asyncpg.connect(database_url))
        live_for(installation, dies_before_the_save)
        # the dead server's statement may go on now, alone, and is undone
        runner.run(holder.close())
    sql = "SELECT points_approved FROM customers"
    assert with_database(database_url, lambda on: on.value(sql)) == _points_of_joining() + 7

    def goes_on() -> None:
        assert _post(installation, key, "held up") == (201, None)
        assert _post(installation, key, "held up") == (201, "true")

    live_for(installation, goes_on)
    assert with_database(database_url, lambda on: on.value(sql)) == _points_of_joining() + 14


def _points_of_joining() -> int:
    return 200


def _open_shop(installation: Installation) -> str:
    async def publish(database: Database) -> str:
        publisher = Publisher(database, Sealer(installation.secret_key), fresh=secrets.token_hex)
        made = await publisher.create(lion_rewards(), author="test", now=NOW)
        new = await create_key(
            database,
            made.published.id,
            name="test",
            scopes=Scope,
            fresh=secrets.token_hex,
            now=NOW,
        )
        return new.secret

    return with_database(installation.database_url, publish)


def _join(installation: Installation, key: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=_WAIT_SECONDS)
    body = b'{"customer": {"email": "ann@lion.example"}, "session": {"page_url": "https://x.example/"}}'
    path = "/headless/2025-06/1/customers/ann/sessions?channel=web"
    connection.request("POST", path, body=body, headers={"authorization": f"Bearer {key}"})
    assert connection.getresponse().status == 200
    connection.close()


def _post(installation: Installation, key: str, once: str) -> tuple[int, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=_WAIT_SECONDS)
    headers = {"authorization": f"Bearer {key}", "idempotency-key": once}
    connection.request("POST", _PATH, body=_BODY, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers.get("idempotency-hit")


def _send(installation: Installation, key: str, once: str) -> None:
    """Sends a request and hangs up without waiting for what is answered."""
    lines = (
        f"POST {_PATH} HTTP/1.1",
        "Host: leal.test",
        f"Authorization: Bearer {key}",
        f"Idempotency-Key: {once}",
        f"Content-Length: {len(_BODY)}",
    )
    with socket.create_connection(("127.0.0.1", installation.port)) as line:
        line.sendall("\r\n".join((*lines, "", "")).encode() + _BODY)


def _until(url: str, sql: str, count: int) -> None:
    give_up_at = time.monotonic() + _WAIT_SECONDS
    while with_database(url, lambda on: on.value(sql)) != count:
        assert time.monotonic() < give_up_at, sql
        time.sleep(0.05)


async def _hold_up(on: asyncpg.Connection, installation: Installation, key: str) -> None:
    """Lets a request wait for the customer's row, within its transaction, until the server dies."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    waiting += " AND datname = current_database()"
    await on.execute("BEGIN; SELECT FROM customers FOR UPDATE")
    await asyncio.to_thread(_send, installation, key, "held up")
    give_up_at = time.monotonic() + _WAIT_SECONDS
    while not await on.fetchval(waiting):
        assert time.monotonic() < give_up_at
        await asyncio.sleep(0.05)
