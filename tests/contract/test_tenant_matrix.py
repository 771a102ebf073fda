"""What is another program's is nowhere: it is answered as what nobody has, byte for byte.

All three route tables are walked; every thing that an operation's path, query or body names is
tried with every kind of credentials. An operation that `writes.ASK` cannot ask for, or a query
parameter that no entry tells of, fails. Seen to fail: with the program left out of the statements
that find a webhook, and of the list of deliveries.
"""

import re

import pytest

from leal.api.operations import Operation
from tests.contract.conftest import NewWorld
from tests.contract.two_programs import OPERATIONS, THEIR_SECRET, Asked, TwoPrograms
from tests.worlds import Answer

EVERY = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
LISTS = [each for each in OPERATIONS if each.method == "GET" and "{" not in each.path]

OF_THE_MOMENT = ("x-request-id", "server-timing", "content-length")
MADE = re.compile(rb'"id":\d+|"auth_token":"[^"]+"')
"""What a new thing gets for itself, and a session token, which holds whatever id the shop says."""

TAKES_ANY_ID = {
    "orders.createOrder",
    "activities.createActivity",
    "customers.authenticateCustomer",
    "reviews.createReview",
    "reviews.deleteReview",
}
"""Operations to which an id may be new, or is the shop's own business."""

SHOWS_NO_THING = {"sites.listSites", "identity.whoami", "reports.points"}


@pytest.fixture(scope="module")
def two(shared_world: NewWorld) -> TwoPrograms:
    return TwoPrograms(shared_world)


@EVERY
def test_a_thing_of_theirs_answers_as_one_that_nobody_has(
    two: TwoPrograms, operation: Operation
) -> None:
    ours, places = two.places(operation)
    kept = two.kept_of_theirs()
    for place in places:
        for kind, authorization in two.credentials(operation).items():
            foreign = two.ask(ours.naming(place, place.theirs), authorization)
            missing = two.ask(ours.naming(place, place.nobodys), authorization)
            shown = (operation.name, place, kind, foreign, missing)
            assert _told(foreign, place.theirs) == _told(missing, place.nobodys), shown
            may_be = operation.name in TAKES_ANY_ID or place.part == "query"
            assert foreign.status >= 400 or may_be, shown
    assert two.kept_of_theirs() == kept
    assert two.ask(ours, f"Bearer {two.ours.key}").status < 300


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.name)
def test_a_list_shows_ours_wherever_it_goes_on(two: TwoPrograms, operation: Operation) -> None:
    takes = {each.name for each in operation.query}
    theirs = f"Bearer {two.theirs.key}"
    secrets = _secrets(two.ask(Asked(operation, {}, {}, None), theirs))
    assert bool(secrets) == (operation.name not in SHOWS_NO_THING)
    ways: list[dict[str, object]] = [{}]
    if "since_id" in takes:
        ways.append({"since_id": 0})
    if "cursor" in takes:
        first = two.ask(Asked(operation, {}, {"limit": 1}, None), theirs).json["cursor"]
        ways += [{"cursor": each} for each in first.values() if each]
    for way in ways:
        shown = two.ask(Asked(operation, {}, way, None), f"Bearer {two.ours.key}")
        assert shown.status == 200, (way, shown)
        assert secrets.isdisjoint(_secrets(shown)), (way, shown)


def test_nobody_hears_of_sites_of_others(two: TwoPrograms) -> None:
    shown = two.world.get("/v2/sites", key=two.ours.key).json["sites"]
    assert [each["id"] for each in shown] == [1]


def _secrets(answer: Answer) -> set[bytes]:
    """What of an answer can be of one program only: their customer, and ids."""
    assert answer.status == 200, answer
    pattern = rb'%s|"(?:id|webhook_id)":\d{5,}' % THEIR_SECRET.encode()
    return set(re.findall(pattern, answer.body))


def _told(answer: Answer, named: object) -> tuple[int, dict[str, str], bytes]:
    """All that an answer tells, but for the id that the request named and what is of the moment."""
    headers = {name: text for name, text in answer.headers.items() if name not in OF_THE_MOMENT}
    body = answer.body.replace(str(named).encode(), b"@")
    return answer.status, headers, MADE.sub(b"", body) if answer.status < 300 else body
