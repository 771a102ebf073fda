"""Looking after webhooks over HTTP: how they do, the log in pages, telling again, pausing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from leal.usecases.access import Scope
from tests.contract.own.asker import basic
from tests.contract.own.hooks import (
    DELIVERIES,
    HOOK_ROUTES,
    HOOK_SCOPES,
    HOOKS,
    PAUSE,
    REPLAY,
    REPLAY_ONE,
    RESUME,
    TEST,
    look_after,
)
from tests.jobs.receivers import TOPIC, Stage, open_stage
from tests.merchants import Merchant, Said, make_certificate, open_merchant
from tests.programs import lion_rewards

NOW = "2025-06-10T12:00:00.000Z"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def receiver(certificate: Path) -> Iterator[Merchant]:
    thanks = Said(status=200, body=b"thanks")
    with open_merchant(lambda _heard: thanks, certificate) as merchant:
        yield merchant


@pytest.fixture
def stage(database_url: str, certificate: Path, receiver: Merchant) -> Iterator[Stage]:
    with open_stage(database_url, certificate) as opened:
        opened.world.limit_rate(0)
        opened.joins("ann", "bob")
        opened.subscribes(receiver.url())
        yield opened


def test_webhooks_are_listed_with_how_they_do(stage: Stage, receiver: Merchant) -> None:
    fresh = {
        "id": 1,
        "topic": TOPIC,
        "address": receiver.url(),
        "owner_app_id": None,
        "site_id": None,
        "service_integration_id": None,
        "state": "active",
        "pause_reason": None,
        "paused_at": None,
        "failures": 0,
        "next_try_at": None,
        "delivered": 0,
        "last_delivered_at": None,
        "waiting": 0,
        "dead": 0,
        "created_at": NOW,
        "updated_at": NOW,
    }
    assert look_after(stage.world, HOOKS).json == {"webhooks": [fresh]}
    stage.happens("ann", 1)
    stage.works()
    done = {**fresh, "delivered": 1, "last_delivered_at": NOW}
    assert look_after(stage.world, HOOKS).json == {"webhooks": [done]}
    receiver.answer = lambda _heard: 500
    stage.happens("ann", 2)
    stage.works()
    [failing] = look_after(stage.world, HOOKS).json["webhooks"]
    assert (failing["failures"], failing["waiting"]) == (1, 1)
    assert failing["next_try_at"] > NOW


def test_the_log_tells_of_every_try(stage: Stage, receiver: Merchant) -> None:
    stage.happens("ann", 1)
    stage.works()
    [found] = look_after(stage.world, DELIVERIES).json["deliveries"]
    [tried] = found["tries"]
    assert 0 < tried.pop("duration_ms") < 1000
    assert tried == {"started_at": NOW, "status": 200, "snippet": "thanks", "error": None}
    assert found.pop("message_id") == receiver.heard[0].headers["webhook-id"]
    del found["tries"], found["event_id"]
    assert found == {
        "id": 1,
        "webhook_id": 1,
        "customer_id": stage.people["ann"],
        "topic": TOPIC,
        "state": "delivered",
        "reason": None,
        "attempts": 1,
        "next_try_at": None,
        "created_at": NOW,
        "ended_at": NOW,
    }


def test_the_log_is_read_in_pages_and_filtered(stage: Stage, receiver: Merchant) -> None:
    stage.subscribes(receiver.url("/other"))
    for number in range(3):
        stage.happens("ann", number)
        stage.happens("bob", number)
    stage.works_until_done()
    assert look_after(stage.world, TEST, 2).status == 201
    seen, query = [], "limit=4"
    while True:
        answer = look_after(stage.world, DELIVERIES, query=query).json
        seen += [each["id"] for each in answer["deliveries"]]
        if answer["cursor"]["next"] is None:
            break
        query = f"limit=4&cursor={answer['cursor']['next']}"
    assert seen == list(range(13, 0, -1))
    bob = stage.people["bob"]
    for filters, count in (
        ("state=waiting", 1),
        ("state=delivered", 12),
        ("webhook_id=1", 6),
        (f"customer_id={bob}&webhook_id=2", 3),
        ("webhook_id=99", 0),
    ):
        found = look_after(stage.world, DELIVERIES, query=filters).json["deliveries"]
        assert len(found) == count


def test_telling_again_and_trying(stage: Stage, receiver: Merchant) -> None:
    stage.happens("ann", 1)
    stage.works()
    again = look_after(stage.world, REPLAY_ONE, 1).json["delivery"]
    assert (again["state"], again["attempts"]) == ("waiting", 1)
    assert stage.works() == 1
    assert look_after(stage.world, REPLAY, 1).json == {"replayed": 1}
    assert stage.works() == 1
    tried = look_after(stage.world, TEST, 1).json["delivery"]
    assert (tried["state"], tried["event_id"], tried["customer_id"]) == ("waiting", None, None)
    assert stage.works() == 1
    assert receiver.heard[-1].json["payload"] == {"test": True}
    assert len({each.body for each in receiver.heard[:3]}) == 1
    late = {"since": "2025-06-11T00:00:00Z"}
    assert look_after(stage.world, REPLAY, 1, json=late).json == {"replayed": 0}


def test_pausing_and_resuming(stage: Stage, receiver: Merchant) -> None:
    paused = look_after(stage.world, PAUSE).json["webhook"]
    assert (paused["state"], paused["pause_reason"], paused["paused_at"]) == (
        "paused",
        "By hand",
        NOW,
    )
    assert look_after(stage.world, PAUSE).json["webhook"] == paused
    stage.happens("ann", 1)
    stage.works()
    assert receiver.heard == []
    resumed = look_after(stage.world, RESUME).json["webhook"]
    assert (resumed["state"], resumed["waiting"]) == ("active", 1)
    assert stage.works() == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("state=lost", "state"),
        ("webhook_id=x", "webhook_id"),
        ("customer_id=0", "customer_id"),
        ("cursor=abc", "cursor"),
        ("cursor=eyJiZWZvcmUiOi0xfQ", "cursor"),
    ],
)
def test_traps_of_the_log(stage: Stage, query: str, field: str) -> None:
    answer = look_after(stage.world, DELIVERIES, query=query)
    assert (answer.status, list(answer.json["error"]["details"])) == (400, [field])


@pytest.mark.parametrize("body", [{}, {"since": None}, {"since": "yesterday"}, {"since": 5}])
def test_traps_of_telling_again(stage: Stage, body: object) -> None:
    answer = look_after(stage.world, REPLAY, 1, json=body)
    assert (answer.status, list(answer.json["error"]["details"])) == (400, ["since"])


ON_ONE = (REPLAY, REPLAY_ONE, TEST, PAUSE, RESUME)


def test_another_program_s_webhooks_are_missing(stage: Stage) -> None:
    stage.happens("ann", 1)
    stage.works()
    stranger = stage.world.add_program(lion_rewards())
    for operation in ON_ONE:
        for ids, key in ((1, stranger.key), (999, None), (2**53, None)):
            assert look_after(stage.world, operation, ids, key=key).status == 404
        assert look_after(stage.world, operation, "x").status == 400
    assert look_after(stage.world, HOOKS, key=stranger.key).json == {"webhooks": []}
    assert look_after(stage.world, DELIVERIES, key=stranger.key).json["deliveries"] == []


def test_who_may(stage: Stage) -> None:
    stage.happens("ann", 1)
    stage.works()
    world, site = stage.world, stage.world.tenant.sites[0]
    for operation in HOOK_ROUTES:
        scope = HOOK_SCOPES[operation]
        others = [each for each in Scope if each not in (scope, "write_customers")]
        poor = world.new_key(world.tenant.program_id, *others)
        fit = world.new_key(world.tenant.program_id, scope)
        assert look_after(world, operation, key=poor).status == 403
        assert look_after(world, operation, key=fit).status < 300
        assert look_after(world, operation, key=world.session_token("ann")).status == 401
        pair = basic(site.token, site.secret)
        assert look_after(world, operation, headers=pair).status < 300
