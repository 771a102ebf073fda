"""`leal webhooks`, and a worker that tells a receiver within seconds."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leal.cli.main import app
from leal.storage.db import Database
from leal.storage.webhooks import NewWebhook, Owner, create
from tests.cli.command import Leal
from tests.databases import with_database
from tests.jobs.receivers import TOPIC
from tests.merchants import Merchant, make_certificate, open_merchant
from tests.worlds import START

_HAPPEN = """
INSERT INTO events (program_id, customer_id, topic, payload, created_at, settles)
VALUES (1, NULL, 'rewards/low_stock', '{}', now(), leal_settles())
"""
_SUBSCRIBED = "UPDATE webhooks SET topic = 'rewards/low_stock'"


@dataclass(frozen=True)
class Shop(Leal):
    """The command, where calls may lead here."""

    certificate: Path

    def environ(self) -> dict[str, str]:
        more = {"LEAL_OUTGOING_ALLOW": "127.0.0.0/8", "SSL_CERT_FILE": str(self.certificate)}
        return {**super().environ(), **more}


@pytest.fixture
def shop(leal: Leal, tmp_path: Path) -> Shop:
    leal.run("program", "apply", leal.write())
    return Shop(leal.database_url, leal.folder, make_certificate(tmp_path))


@pytest.fixture
def receiver(shop: Shop) -> Iterator[Merchant]:
    with open_merchant(lambda _heard: 200, shop.certificate) as merchant:
        _subscribe(shop, merchant.url())
        yield merchant


def _subscribe(shop: Shop, url: str) -> None:
    async def made(database: Database) -> None:
        wanted = NewWebhook(topic=TOPIC, address=url, owner=Owner(app_id=None))
        async with database.transaction() as on:
            await create(on, 1, wanted, now=START)

    with_database(shop.database_url, made)


def _said(shop: Shop, *words: str) -> str:
    result = CliRunner().invoke(app, ("webhooks", *words), env=shop.environ())
    assert result.exit_code == 0, result.output
    return result.stderr + result.stdout


def test_a_test_is_sent_and_shown(shop: Shop, receiver: Merchant) -> None:
    cells = _said(shop, "test", "1").split("\t")
    assert cells[:3] == ["1", "1", TOPIC]
    assert (cells[4], cells[5], cells[7]) == ("delivered", "1", "200")
    [heard] = receiver.heard
    assert heard.json["payload"] == {"test": True}
    assert len(base64.b64decode(heard.headers["x-loyaltylion-hmac-sha256"])) == 32
    assert _said(shop, "deliveries", "--state", "delivered").startswith("1\t1\t")
    assert _said(shop, "deliveries", "--state", "dead") == ""


def test_pausing_keeps_and_resuming_tells(shop: Shop, receiver: Merchant) -> None:
    assert "0 delivery(s) wait" in _said(shop, "pause", "1")
    assert _said(shop, "list").split("\t")[3] == "paused"
    result = CliRunner().invoke(app, ("webhooks", "test", "1"), env=shop.environ())
    assert result.exit_code == 1
    assert receiver.heard == []
    assert "a worker sends 1 delivery(s)" in _said(shop, "resume", "1")
    cells = _said(shop, "list").split("\t")
    assert (cells[3], cells[7]) == ("active", "1")


def test_telling_again(shop: Shop, receiver: Merchant) -> None:
    _said(shop, "test", "1")
    assert "1 delivery(s) will be told" in _said(shop, "replay", "1", "--delivery", "1")
    assert _said(shop, "deliveries", "--state", "waiting").startswith("1\t1\t")
    assert "1 delivery(s)" in _said(shop, "replay", "1", "--since", "2025-01-01T00:00:00")
    assert "either --since or --delivery" in shop.fail("webhooks", "replay", "1")
    assert "no webhook with this id" in shop.fail("webhooks", "pause", "2")
    assert len(receiver.heard) == 1


def test_a_worker_tells_within_seconds(shop: Shop, receiver: Merchant, tmp_path: Path) -> None:
    """The receiver hears of an event soon, not with the next minute's round."""

    async def change(database: Database) -> None:
        await database.execute(_SUBSCRIBED)

    async def happen(database: Database) -> None:
        await database.execute(_HAPPEN)

    with_database(shop.database_url, change)
    command = (sys.executable, "-m", "leal.cli.working")
    environ = {**os.environ, **shop.environ()}
    with (
        (tmp_path / "worker.log").open("wb") as log,
        subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stderr=log) as process,  # noqa: S603 - this interpreter, our own program
    ):
        try:
            with_database(shop.database_url, happen)
            _until_heard(receiver, 1, seconds=60)
            began = time.monotonic()
            with_database(shop.database_url, happen)
            _until_heard(receiver, 2, seconds=60)
            assert time.monotonic() - began < 10
        finally:
            process.terminate()
        assert process.wait(timeout=20) == 0
    assert json.loads(receiver.heard[0].body)["topic"] == "rewards/low_stock"


def _until_heard(receiver: Merchant, count: int, *, seconds: float) -> None:
    give_up_at = time.monotonic() + seconds
    while len(receiver.heard) < count:
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
