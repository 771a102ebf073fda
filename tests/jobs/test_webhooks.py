"""Receivers of webhooks that are down, slow, wrong or gone: nothing is lost, and all in order.

Planted bugs these have caught: a later event of a customer sent while an earlier one waited, and a
body made anew for each try.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from leal.domain.webhooks import FAILING, PAUSED, DeliveryState, WebhookState
from leal.usecases import deliveries, webhooks
from leal.usecases.desk import Desk
from tests.jobs.receivers import OTHER_TOPIC, Stage, is_signed, open_stage
from tests.merchants import Answer, Heard, Merchant, Said, make_certificate, open_merchant

PEOPLE = ("ann", "bob", "cem")
DOMAIN = "lion.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def stage(database_url: str, certificate: Path) -> Iterator[Stage]:
    with open_stage(database_url, certificate) as opened:
        opened.joins(*PEOPLE)
        yield opened


@pytest.fixture
def receiver(certificate: Path) -> Iterator[Merchant]:
    with open_merchant(lambda _heard: 200, certificate) as merchant:
        yield merchant
        merchant.until_idle()


def _ten_each(stage: Stage) -> None:
    for number in range(10):
        for name in PEOPLE:
            stage.happens(name, number)


def _in_order(stage: Stage, heard: list[Heard]) -> bool:
    return stage.told(heard) == {name: list(range(10)) for name in PEOPLE}


def _messages(heard: list[Heard]) -> dict[str, set[bytes]]:
    """The bodies that came under each id."""
    found: dict[str, set[bytes]] = {}
    for each in heard:
        found.setdefault(each.headers["webhook-id"], set()).add(each.body)
    return found


def test_events_are_told_once_in_order_and_signed(stage: Stage, receiver: Merchant) -> None:
    stage.happens("ann", -1)
    made = stage.subscribes(receiver.url())
    stage.subscribes(receiver.url("/other"), OTHER_TOPIC)
    _ten_each(stage)
    assert stage.works_until_done() == 30
    assert _in_order(stage, receiver.heard)
    assert all(is_signed(each, stage.secret, domain=DOMAIN) for each in receiver.heard)
    assert {each.path for each in receiver.heard} == {"/hook"}
    assert stage.works() == 0
    assert stage.webhook(made.webhook_id).webhook.delivered == 30
    assert stage.is_sound()


def test_what_is_delayed_waits_for_its_time(stage: Stage, receiver: Merchant) -> None:
    topic = "program_events/customer.points_earned"
    stage.subscribes(receiver.url(), topic)
    stage.happens("ann", 1, topic)
    stage.world.later(minutes=4, seconds=59)
    assert stage.works() == 0
    stage.world.later(seconds=1)
    assert stage.works() == 1


def test_nothing_is_sent_that_there_is_nothing_to_tell_of(stage: Stage, receiver: Merchant) -> None:
    stage.subscribes(receiver.url())
    stage.happens("ann", 1, silent=True)
    stage.happens("ann", 2)
    assert stage.works_until_done() == 1
    dead, delivered = stage.log()[::-1]
    assert (dead.state, dead.reason) == (DeliveryState.DEAD, "There is nothing to tell any more")
    assert delivered.state is DeliveryState.DELIVERED
    assert stage.is_sound()


def test_what_cannot_be_worded_holds_up_nobody_else(stage: Stage, receiver: Merchant) -> None:
    made = stage.subscribes(receiver.url())
    stage.happens("ann", 1, broken=True)
    stage.happens("bob", 1)
    assert stage.works_until_done() == 1
    assert stage.webhook(made.webhook_id).webhook.failures == 0
    for _ in range(40):
        stage.world.later(hours=8)
        stage.works()
    [dead] = stage.log(state=DeliveryState.DEAD)
    assert (dead.reason or "").startswith("Given up after 30 tries, the last: leal could not word")


def test_a_receiver_that_was_down_for_three_days_hears_all_in_order(
    stage: Stage, receiver: Merchant
) -> None:
    receiver.answer = lambda _heard: 503
    made = stage.subscribes(receiver.url())
    begun = stage.world.now
    _ten_each(stage)
    while stage.world.now < begun + timedelta(days=3):
        assert stage.works() == 0
        stage.world.later(minutes=37)
    tries = len(receiver.heard)
    assert 15 <= tries <= 30, "ever more rarely, and one message finds out for all"
    assert stage.webhook(made.webhook_id).webhook.state is WebhookState.ACTIVE
    receiver.answer = lambda _heard: 204
    for _ in range(10):
        stage.works_until_done()
        stage.world.later(hours=1)
    assert _in_order(stage, receiver.heard[tries:])
    assert all(len(bodies) == 1 for bodies in _messages(receiver.heard).values())
    assert len(_messages(receiver.heard)) == 30
    assert stage.is_sound()


_HUGE = Said(status=200, body=b"x" * 3_000_000)
_MOVED = Said(status=301, headers={"location": "https://127.0.0.1:1/"})
_BUSY = Said(status=429, headers={"retry-after": "3600"})


def _hang(_heard: Heard) -> int:
    time.sleep(1.3)
    return 200


@pytest.mark.parametrize(
    ("answer", "status", "waits_seconds"),
    [
        (lambda _heard: 500, 500, 4),
        (lambda _heard: _MOVED, 301, 4),
        (lambda _heard: _BUSY, 429, 3600),
        (_hang, None, 4),
    ],
    ids=["500", "301", "429", "hangs"],
)
def test_a_receiver_that_fails_is_told_all_once_it_is_well(
    stage: Stage, receiver: Merchant, answer: Answer, status: int | None, waits_seconds: int
) -> None:
    receiver.answer = answer
    made = stage.subscribes(receiver.url())
    _ten_each(stage)
    for _ in range(6):
        assert stage.works() == 0
        standing = stage.webhook(made.webhook_id).webhook
        assert standing.retry_at is not None
        assert (standing.retry_at - stage.world.now).total_seconds() >= waits_seconds
        # each message has a pause of its own too, by chance up to half as long again
        stage.world.now += (standing.retry_at - stage.world.now) * 1.6
    receiver.until_idle()
    tried = [each for each in stage.log() if each.tries]
    assert {each.tries[0].status for each in tried} == {status}
    assert all(each.tries[0].error for each in tried) is (status is None)
    [failing] = _events(stage, FAILING)
    assert f'"webhook_id":{made.webhook_id}' in failing
    receiver.answer, failed = (lambda _heard: 200), len(receiver.heard)
    stage.world.later(hours=7)
    for _ in range(5):
        stage.works_until_done()
        stage.world.later(minutes=10)
    assert _in_order(stage, receiver.heard[failed:])
    assert stage.is_sound()


def test_a_huge_reply_is_cut_and_counts(stage: Stage, receiver: Merchant) -> None:
    receiver.answer = lambda _heard: _HUGE
    stage.subscribes(receiver.url())
    stage.happens("ann", 1)
    assert stage.works() == 1
    assert len(stage.log()[0].tries[0].snippet or "") == deliveries.SNIPPET_CHARACTERS


def test_a_receiver_that_is_gone_is_paused_at_once_and_hears_all_when_resumed(
    stage: Stage, receiver: Merchant
) -> None:
    receiver.answer = lambda _heard: 410
    made = stage.subscribes(receiver.url())
    stage.happens("ann", 0)
    stage.works()
    standing = stage.webhook(made.webhook_id).webhook
    assert standing.state is WebhookState.PAUSED
    assert "410" in (standing.pause_reason or "")
    assert len(_events(stage, PAUSED)) == 1
    for number in range(1, 10):
        stage.happens("ann", number)
    stage.world.later(days=20)
    assert stage.works() == 0
    assert len(receiver.heard) == 1
    assert stage.webhook(made.webhook_id).counts.waiting == 10
    assert stage.is_sound()
    receiver.answer = lambda _heard: 200
    stage.world.run(
        webhooks.resume(stage.world.desk, stage.program_id, made.webhook_id, owner=None)
    )
    assert stage.works_until_done() == 10
    assert stage.told(receiver.heard[1:]) == {"ann": list(range(10))}
    assert stage.is_sound()


def test_thirty_failures_in_a_row_take_three_days_and_pause(
    stage: Stage, receiver: Merchant
) -> None:
    receiver.answer = lambda _heard: 500
    made = stage.subscribes(receiver.url())
    stage.happens("ann", 0)
    begun = stage.world.now
    stage.works()
    while (standing := stage.webhook(made.webhook_id).webhook).state is WebhookState.ACTIVE:
        assert standing.retry_at is not None
        stage.world.now = standing.retry_at + timedelta(hours=3)
        stage.works()
        stage.world.now -= timedelta(hours=3)
    assert stage.world.now - begun >= timedelta(hours=75)
    assert (len(receiver.heard), standing.failures) == (30, 30)
    assert len(_messages(receiver.heard)) == 1
    receiver.answer = lambda _heard: 200
    stage.world.run(
        webhooks.resume(stage.world.desk, stage.program_id, made.webhook_id, owner=None)
    )
    assert stage.works() == 1


def test_a_message_nobody_accepts_is_given_up_while_others_arrive(
    stage: Stage, receiver: Merchant
) -> None:
    receiver.answer = lambda heard: 500 if heard.json["payload"]["number"] == 13 else 200
    made = stage.subscribes(receiver.url())
    stage.happens("ann", 13)
    stage.happens("ann", 14)
    for number in range(40):
        stage.happens("bob", number + 100)
        stage.works_until_done()
        stage.world.later(hours=8)
    [dead] = stage.log(state=DeliveryState.DEAD)
    assert dead.reason == "Given up after 30 tries, the last: Answered 500"
    assert stage.webhook(made.webhook_id).webhook.state is WebhookState.ACTIVE
    assert stage.told(receiver.heard)["ann"] == [13] * 30 + [14]
    assert stage.is_sound()


def test_one_that_hangs_delays_no_other(database_url: str, certificate: Path) -> None:
    """Five hang, some at the very host of one that is well; it hears all before they give up."""
    patience, arrived = 2.5, list[float]()

    def answer(heard: Heard) -> int:
        if heard.path == "/well":
            arrived.append(time.monotonic())
        else:
            time.sleep(patience + 0.3)
        return 200

    with (
        open_merchant(answer, certificate) as host,
        open_stage(database_url, certificate, limit_seconds=patience) as stage,
    ):
        stage.joins("ann")
        for path in ("/0", "/1", "/2", "/3", "/4", "/well"):
            stage.subscribes(host.url(path))
        for number in range(10):
            stage.happens("ann", number)
        began = time.monotonic()
        assert stage.works() == 10
        assert time.monotonic() - began >= patience, "the others did hang"
        assert len(arrived) == 10
        assert arrived[-1] - began < patience, "the one that is well waited"
        host.until_idle()


def test_two_workers_send_each_once(stage: Stage, receiver: Merchant) -> None:
    for number in range(3):
        stage.subscribes(receiver.url(f"/{number}"))
    _ten_each(stage)

    async def both() -> list[int]:
        desk: Desk = stage.world.desk
        return await asyncio.gather(
            *(deliveries.work_off(desk, stage.program_id) for _ in range(2))
        )

    done = sum(stage.world.run(both()))
    done += stage.works_until_done()
    assert done == len(receiver.heard) == 90
    for number in range(3):
        assert _in_order(stage, [each for each in receiver.heard if each.path == f"/{number}"])


def test_what_was_told_can_be_told_again(stage: Stage, receiver: Merchant) -> None:
    made = stage.subscribes(receiver.url())
    for number in range(3):
        stage.happens("ann", number)
        stage.works()
        stage.world.later(hours=1)
    since = stage.world.now - timedelta(hours=2)
    count = stage.world.run(
        webhooks.replay_since(
            stage.world.desk, stage.program_id, made.webhook_id, since=since, owner=None
        )
    )
    assert count == 2
    assert stage.works_until_done() == 2
    assert stage.told(receiver.heard) == {"ann": [0, 1, 2, 1, 2]}
    assert all(len(bodies) == 1 for bodies in _messages(receiver.heard).values())


def test_what_ended_long_ago_is_forgotten(stage: Stage, receiver: Merchant) -> None:
    stage.subscribes(receiver.url())
    stage.happens("ann", 1)
    stage.works()
    stage.world.later(days=29)
    stage.happens("ann", 2)
    stage.works()
    assert len(stage.log()) == 2
    stage.world.later(days=2)
    stage.works()
    assert len(stage.log()) == 1
    tries = "SELECT count(*) FROM delivery_attempts"
    assert stage.world.run(stage.world.database.value(tries)) == 1
    assert stage.is_sound()


def test_a_deleted_webhook_hears_nothing_more(stage: Stage, receiver: Merchant) -> None:
    made = stage.subscribes(receiver.url())
    stage.happens("ann", 1)
    answer = stage.world.call("DELETE", f"/v2/webhooks/{made.webhook_id}")
    assert answer.status == 204
    stage.happens("ann", 2)
    assert stage.works() == 0
    assert receiver.heard == []
    assert stage.is_sound()


def test_hidden_ones_look_deleted_and_go_on_when_made_again(
    stage: Stage, receiver: Merchant
) -> None:
    object.__setattr__(stage.world.desk, "hides_paused_webhooks", True)
    made = stage.subscribes(receiver.url())
    stage.world.run(webhooks.pause(stage.world.desk, stage.program_id, made.webhook_id, owner=None))
    stage.world.limit_rate(0)
    assert stage.world.get("/v2/webhooks").json == {"webhooks": []}
    assert stage.world.call("DELETE", f"/v2/webhooks/{made.webhook_id}").status == 404
    stage.happens("ann", 1)
    assert stage.works() == 0
    assert stage.subscribes(receiver.url()).webhook_id == made.webhook_id
    assert stage.works() == 1


def _events(stage: Stage, topic: str) -> list[str]:
    sql = "SELECT payload::text AS payload FROM events WHERE topic = $1 ORDER BY event_id"
    return [row["payload"] for row in stage.world.run(stage.world.database.rows(sql, topic))]
