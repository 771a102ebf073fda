"""`leal verify` on events and deliveries: each kind of loss is found, and nothing else."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from leal.domain.topics import ENROLLED, UPDATED
from leal.storage.verification import Invariant
from leal.usecases.verification import verify
from tests.jobs.receivers import Stage, open_stage
from tests.merchants import make_certificate


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    with open_stage(database_url, make_certificate(tmp_path)) as opened:
        opened.joins("ann")
        opened.subscribes("https://127.0.0.1:1/")
        opened.subscribes("https://127.0.0.1:1/other")
        opened.subscribes("https://127.0.0.1:1/changes", UPDATED)
        for number in range(3):
            opened.happens("ann", number)
        opened.world.later(seconds=1)
        opened.happens("ann", 3, ENROLLED)
        opened.works()
        yield opened


_CLEARED = """
WITH h AS (INSERT INTO event_horizons VALUES (1, 7, now())), e AS (DELETE FROM events)
UPDATE deliveries SET body = 'x'
"""
_CLEARED_HALF = """
WITH h AS (INSERT INTO event_horizons VALUES (1, 7, now())),
    e AS (DELETE FROM events WHERE event_id < 6)
UPDATE deliveries SET body = 'x'
"""
_CLEARED_UNWORDED = """
WITH h AS (INSERT INTO event_horizons VALUES (1, 7, now())) DELETE FROM events
"""
_CLEARED_TOO_FAR = """
WITH h AS (INSERT INTO event_horizons VALUES (1, 8, now())), e AS (DELETE FROM events)
UPDATE deliveries SET body = 'x'
"""

_DONE = "UPDATE deliveries SET state = 'delivered', ended_at = now() WHERE delivery_id = 1"


@pytest.mark.parametrize(
    ("damage", "counts"),
    [
        ("SELECT 1", {}),
        ("DELETE FROM deliveries WHERE delivery_id = 1", {Invariant.DELIVERIES: 1}),
        ("DELETE FROM deliveries WHERE event_id = 7", {Invariant.DELIVERIES: 1}),
        ("DELETE FROM deliveries WHERE event_id = 6", {Invariant.DELIVERIES: 3}),
        ("DELETE FROM deliveries WHERE webhook_id = 3", {Invariant.DELIVERIES: 2}),
        ("UPDATE deliveries SET state = 'dead'", {Invariant.DELIVERIES: 8}),
        ("UPDATE deliveries SET state = 'dead', reason = 'x'", {}),
        (_DONE, {Invariant.DELIVERIES: 1}),
        ("UPDATE webhooks SET state = 'deleted' WHERE webhook_id = 1", {Invariant.DELIVERIES: 3}),
        ("UPDATE webhooks SET state = 'paused'", {}),
        ("UPDATE webhooks SET forgotten_event_id = 100", {}),
        ("DELETE FROM webhooks WHERE webhook_id = 2", {Invariant.DELIVERIES: 3}),
        (_CLEARED, {}),
        (_CLEARED_HALF, {Invariant.DELIVERIES: 1}),
        (_CLEARED_UNWORDED, {Invariant.DELIVERIES: 5}),
        (_CLEARED_TOO_FAR, {Invariant.DELIVERIES: 1}),
    ],
)
def test_losses_are_found(stage: Stage, damage: str, counts: dict[Invariant, int]) -> None:
    stage.world.run(stage.world.database.execute(damage))
    assert dict(stage.world.run(verify(stage.world.database)).counts) == counts


def test_a_missing_delivery_is_made_again_when_the_cursor_is_set_back(stage: Stage) -> None:
    for damage in (
        "DELETE FROM deliveries WHERE delivery_id = 1",
        "UPDATE webhook_cursors SET event_id = 0",
    ):
        stage.world.run(stage.world.database.execute(damage))
    stage.works()
    assert stage.is_sound()
    assert len(stage.log()) == 8


_THOUSANDS = """
WITH more AS (
    INSERT INTO events (program_id, event_id, customer_id, topic, payload, created_at, settles)
    SELECT program_id, 1000 + n, customer_id, topic, payload, created_at + n * interval '1 s',
        settles
    FROM events, generate_series(1, 5000) AS n WHERE event_id = 7
    RETURNING event_id
), read AS (
    UPDATE webhook_cursors SET event_id = 10000
)
INSERT INTO deliveries
SELECT (jsonb_populate_record(d, jsonb_build_object(
    'delivery_id', 10 * more.event_id + d.webhook_id,
    'event_id', more.event_id, 'message_id', gen_random_uuid()))).*
FROM more, deliveries d WHERE d.event_id = 6
"""


def test_thousands_of_events_are_looked_through_at_once(stage: Stage) -> None:
    """Nobody has counted the rows yet. One look for each took 7 s for 4,000 of them."""
    stage.world.run(stage.world.database.execute(_THOUSANDS))
    began = time.monotonic()
    assert stage.is_sound()
    assert time.monotonic() - began < 4
