"""The three operations on webhooks: what they answer, whom they show what, and what they refuse.

Planted bugs these have caught: a merchant who saw the webhooks of apps, a topic taken without its
scopes.
"""

import pytest

from leal.domain.topics import SCOPES_OF_TOPICS
from leal.storage.webhooks import NewWebhook, Owner, create
from leal.usecases import webhooks
from leal.usecases.access import Scope
from tests.contract.admin.hooks import ADDRESS, CREATE, DELETE, LIST, TOPIC, hooks, wanted
from tests.contract.admin.office import Office, basic
from tests.programs import lion_rewards

NOW = "2025-06-10T12:00:00.000Z"
MADE = {
    "id": 1,
    "topic": TOPIC,
    "address": ADDRESS,
    "created_at": NOW,
    "updated_at": NOW,
    "service_integration_id": None,
}


def test_a_webhook_is_made_listed_and_deleted(office: Office) -> None:
    answer = hooks(office, CREATE, json=wanted())
    assert (answer.status, answer.json) == (201, {"webhook": MADE})
    second = hooks(office, CREATE, json=wanted(service_integration_id=77, unknown=True))
    other = {**MADE, "id": 2, "service_integration_id": 77}
    assert (second.status, second.json) == (201, {"webhook": other})
    assert hooks(office, LIST).json == {"webhooks": [MADE, other]}
    gone = hooks(office, DELETE, 1)
    assert (gone.status, gone.body) == (204, b"")
    assert hooks(office, LIST).json == {"webhooks": [other]}
    again = hooks(office, DELETE, 1)
    assert (again.status, again.json["error"]["message"]) == (
        404,
        "There is no webhook with this id",
    )


@pytest.mark.parametrize("topic", SCOPES_OF_TOPICS)
def test_a_topic_needs_all_its_scopes(office: Office, topic: str) -> None:
    program_id, needed = office.world.tenant.program_id, SCOPES_OF_TOPICS[topic]
    for left_out in needed:
        name = str(left_out).removeprefix("read_")
        others = [each for each in Scope if not each.value.endswith(name)]
        poor = office.world.new_key(program_id, *others)
        answer = hooks(office, CREATE, json=wanted(topic), key=poor)
        assert answer.status == 403
        assert str(left_out) in answer.json["error"]["message"]
        assert topic in answer.json["error"]["message"]
    fit = office.world.new_key(program_id, *needed)
    assert hooks(office, CREATE, json=wanted(topic), key=fit).status == 201
    assert len(hooks(office, LIST, key=fit).json["webhooks"]) == 1


def test_a_site_pair_may_make_them_too(office: Office) -> None:
    site = office.world.tenant.sites[0]
    header = basic(site.token, site.secret)
    assert hooks(office, CREATE, json=wanted(), headers=header).status == 201
    assert len(hooks(office, LIST).json["webhooks"]) == 1
    assert hooks(office, DELETE, 1, headers=header).status == 204


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "webhook"),
        ({"webhook": []}, "webhook"),
        (wanted("rewards/store_fulfilment"), "webhook.topic"),
        (wanted("customers/updates"), "webhook.topic"),
        (wanted(None), "webhook.topic"),
        (wanted(address=None), "webhook.address"),
        (wanted(address=""), "webhook.address"),
        (wanted(address=5), "webhook.address"),
        (wanted(address="app.example.com"), "webhook.address"),
        (wanted(address="http://app.example.com/"), "webhook.address"),
        (wanted(address="https://app.example.com/\x00"), "body"),
        (wanted(address="https://me:word@app.example.com/"), "webhook.address"),
        (wanted(address="https://app.example.com/" + "x" * 2048), "webhook.address"),
        (wanted(service_integration_id="7"), "webhook.service_integration_id"),
        (wanted(service_integration_id=0), "webhook.service_integration_id"),
        (wanted(service_integration_id=2**53), "webhook.service_integration_id"),
    ],
)
def test_bad_bodies_make_nothing(office: Office, body: object, field: str) -> None:
    answer = hooks(office, CREATE, json=body)
    assert answer.status == 400
    assert next(iter(answer.json["error"]["details"])) == field
    assert hooks(office, LIST).json == {"webhooks": []}


@pytest.mark.parametrize(
    ("webhook_id", "status"), [(999, 404), (2**53, 404), ("abc", 400), ("-1", 400), ("%00", 400)]
)
def test_ids_that_are_nobody_s(office: Office, webhook_id: object, status: int) -> None:
    assert hooks(office, DELETE, webhook_id).status == status


def test_nobody_comes_in_without_credentials(office: Office) -> None:
    office.signup("1001")
    token = office.world.session_token("1001")
    for operation in (LIST, CREATE, DELETE):
        assert hooks(office, operation, json=wanted(), key="pat_" + "0" * 32).status == 401
        assert hooks(office, operation, json=wanted(), key=token).status == 401


def test_another_program_s_webhooks_are_missing(office: Office) -> None:
    hooks(office, CREATE, json=wanted())
    stranger = office.world.add_program(lion_rewards())
    assert hooks(office, LIST, key=stranger.key).json == {"webhooks": []}
    assert hooks(office, DELETE, 1, key=stranger.key).status == 404
    assert len(hooks(office, LIST).json["webhooks"]) == 1


def test_apps_and_merchants_do_not_see_each_other_s(office: Office) -> None:
    world, program_id = office.world, office.world.tenant.program_id
    hooks(office, CREATE, json=wanted())

    async def by_app(app_id: int) -> None:
        new = NewWebhook(topic=TOPIC, address=ADDRESS, owner=Owner(app_id=app_id))
        async with world.database.transaction() as on:
            await create(on, program_id, new, now=world.now)

    world.run(by_app(1))
    world.run(by_app(2))
    assert [each["id"] for each in hooks(office, LIST).json["webhooks"]] == [1]
    for webhook_id in (2, 3):
        assert hooks(office, DELETE, webhook_id).status == 404
    mine = world.run(webhooks.list_shown(world.desk, program_id, Owner(app_id=2)))
    assert [each.webhook_id for each in mine] == [3]


def test_rates_are_counted(office: Office) -> None:
    office.world.limit_rate(1)
    hooks(office, LIST)
    assert hooks(office, LIST).code == "rate_limited"
