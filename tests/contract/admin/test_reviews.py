"""POST, PUT and DELETE /v2/reviews.

A planted bug these have caught: a review told twice that earned twice, when its id left out who
keeps it.
"""

import pytest

from tests.contract.admin.lobby import (
    CHANGE_REVIEW,
    DELETE_REVIEW,
    LOBBY_BODIES,
    REVIEW,
    ask,
)
from tests.contract.admin.office import Office, fits
from tests.contract.conftest import NewWorld
from tests.programs import Document, lion_rewards, put
from tests.worlds import Answer, World

RULES = [{"id": 2, "kind": "review", "title": "Write a review", "points": 50}]
PENDING = LOBBY_BODIES[REVIEW]


def shop() -> Document:
    document = lion_rewards()
    put("rules", RULES)(document)
    return document


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """A shop that rewards reviews, with member 1001 without points."""
    made = new_world(shop())
    Office(made).signup("1001")
    return made


@pytest.fixture(scope="module")
def kept(shared_world: NewWorld) -> World:
    """The same shop with the pending review r1, which refused requests leave alone."""
    made = shared_world(shop())
    Office(made).signup("1001")
    tell(made)
    return made


def tell(world: World, **of: object) -> Answer:
    answer = ask(world, REVIEW, json={**PENDING, **of})
    assert answer.status == 201
    return answer


def change(world: World, status: str | None) -> None:
    assert ask(world, CHANGE_REVIEW, json={"status": status}).status == 200


def points(world: World) -> tuple[int, int]:
    """Approved and pending."""
    person = Office(world).customer()
    return person["points_approved"], person["points_pending"]


def test_a_review_whole(world: World) -> None:
    body = {
        **PENDING,
        "full_text": "Smells of heather 🌿",
        "rating": 5,
        "images_count": 2,
        "videos_count": 1,
        "date": "2025-06-09T10:00:00+02:00",
        "product_merchant_id": 77,
        "moderation_url": "https://reviews.example/r1",
        "$more": [1],
    }
    assert fits(REVIEW, body)
    answer = ask(world, REVIEW, json=body, query="site_id=1")
    review = {
        "id": 1,
        "program_id": world.tenant.program_id,
        "customer": {"id": 1, "email": "1001@example.com"},
        "site_id": 1,
        "platform": "custom",
        "merchant_id": "r1",
        "status": "pending",
        "full_text": "Smells of heather 🌿",
        "rating": 5,
        "images_count": 2,
        "videos_count": 1,
        "merchant_created_at": "2025-06-09T08:00:00.000Z",
        "merchant_updated_at": "2025-06-09T08:00:00.000Z",
        "moderation_url": "https://reviews.example/r1",
    }
    assert (answer.status, answer.json) == (201, {"review": review})
    changed = ask(world, CHANGE_REVIEW, json={"status": "approved", "rating": 4})
    review |= {"status": "approved", "rating": 4, "merchant_updated_at": "2025-06-10T12:00:00.000Z"}
    assert (changed.status, changed.json) == (200, {"review": review})
    deleted = ask(world, DELETE_REVIEW)
    assert (deleted.status, deleted.json) == (200, {"deleted": True})
    assert ask(world, DELETE_REVIEW).json == {"deleted": False}
    text = world.run(world.database.value("SELECT full_text FROM reviews"))
    assert text is None


def test_points_follow_the_status(world: World) -> None:
    tell(world)
    assert points(world) == (0, 50)
    change(world, "approved")
    assert points(world) == (50, 0)
    change(world, None)
    assert points(world) == (50, 0)
    change(world, "rejected")
    assert points(world) == (0, 0)
    change(world, "approved")
    assert points(world) == (0, 0)


@pytest.mark.parametrize("status", ["flagged", "rejected"])
def test_what_was_never_fine_earns_once_it_is(world: World, status: str) -> None:
    tell(world, status=status)
    assert points(world) == (0, 0)
    change(world, "approved")
    assert points(world) == (50, 0)


def test_deleting_makes_what_was_earned_void(world: World) -> None:
    tell(world, status="approved")
    assert points(world) == (50, 0)
    assert ask(world, DELETE_REVIEW).json == {"deleted": True}
    assert points(world) == (0, 0)
    tell(world, status="approved")
    assert points(world) == (0, 0)
    assert ask(world, DELETE_REVIEW, merchant_id="r2").json == {"deleted": False}


def test_a_review_of_a_platform_earns_once(world: World) -> None:
    first = tell(world, status="approved").json["review"]
    again = tell(world, status="approved", rating=3).json["review"]
    assert (again["id"], again["rating"]) == (first["id"], 3)
    someone = {"merchant_id": "1002", "email": "1002@example.com"}
    other = tell(world, status="approved", customer=someone).json["review"]
    assert other["customer"] == first["customer"]
    assert points(world) == (50, 0)
    assert (
        ask(world, REVIEW, platform="yotpo", json={**PENDING, "status": "approved"}).status == 201
    )
    assert points(world) == (100, 0)


def test_a_guest_s_review_is_kept_and_earns_nothing(world: World) -> None:
    stranger = {"merchant_id": "2001", "email": "2001@example.com"}
    review = tell(world, customer=stranger, status="approved").json["review"]
    person = Office(world).customer("2001")
    assert (person["id"], person["guest"], person["points_approved"]) == (
        review["customer"]["id"],
        True,
        0,
    )


BAD = [
    ({"merchant_id": None}, "merchant_id"),
    ({"merchant_id": ""}, "merchant_id"),
    ({"customer": None}, "customer"),
    ({"customer": {"merchant_id": "1001"}}, "customer.email"),
    ({"customer": {"email": "kim@example.com"}}, "customer.merchant_id"),
    ({"status": None}, "status"),
    ({"status": "Approved"}, "status"),
    ({"full_text": ""}, "full_text"),
    ({"rating": 0}, "rating"),
    ({"rating": 4.5}, "rating"),
    ({"images_count": 1001}, "images_count"),
    ({"videos_count": -1}, "videos_count"),
    ({"date": "yesterday"}, "date"),
    ({"product_merchant_id": ""}, "product_merchant_id"),
    ({"moderation_url": 5}, "moderation_url"),
]


@pytest.mark.parametrize(("body", "field"), BAD, ids=str)
def test_a_bad_body_changes_nothing(kept: World, body: dict[str, object], field: str) -> None:
    answer = ask(kept, REVIEW, json={**PENDING, **body})
    assert answer.status == 400
    assert field in answer.json["error"]["details"]
    assert points(kept) == (0, 50)


def test_a_bad_change_changes_nothing(kept: World) -> None:
    for body in ({"status": "gone"}, {"rating": "5"}, {"full_text": 1}):
        assert ask(kept, CHANGE_REVIEW, json=body).status == 400
    assert ask(kept, REVIEW, platform="%00").status == 400
    assert ask(kept, CHANGE_REVIEW, merchant_id="%FF").status == 400
    assert ask(kept, REVIEW, query="site_id=2").status == 404
    assert points(kept) == (0, 50)


def test_unknown_and_foreign_reviews_are_alike(kept: World) -> None:
    stranger = kept.add_program(shop())
    answers = [
        ask(kept, CHANGE_REVIEW, merchant_id="r9"),
        ask(kept, CHANGE_REVIEW, platform="yotpo"),
        ask(kept, CHANGE_REVIEW, key=stranger.key),
    ]
    message = "No review with this platform and merchant id"
    for answer in answers:
        assert (answer.status, answer.json) == (404, {"error": {"message": message}})
    assert ask(kept, DELETE_REVIEW, key=stranger.key).json == {"deleted": False}
    assert points(kept) == (0, 50)
