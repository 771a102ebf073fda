"""The loyalty page as a browser gets it: what it shows, and that no form does anything twice.

Planted bugs these have caught: a form taken in after the claim instead of before it, and an ended
page that was still found.
"""

import asyncio
from urllib.parse import urlencode

import pytest

from tests.contract.admin.counter import CARD, CHOICE, MASSAGE, MUG, VOUCHER, rewards_shop
from tests.contract.conftest import NewWorld, new_world, shared_world
from tests.programs import lion_rewards, put, second_site
from tests.web.lounge import NOBODY, Page, give, open_page
from tests.worlds import Answer, World

__all__ = ("new_world", "shared_world")

CLAIMS = "SELECT count(*) FROM claimed_rewards"
EVIL = '<script>alert("&amp;")</script>'


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """A shop with a reward of each kind, in which member 1001 has 1,000 points."""
    made = new_world(rewards_shop())
    open_page(made)
    give(made, 1000)
    return made


@pytest.fixture(scope="module")
def kept(shared_world: NewWorld) -> World:
    """The same shop, in which nobody is given anything."""
    made = shared_world(rewards_shop())
    open_page(made)
    give(made, 1000)
    return made


def claims(world: World) -> int:
    count: int = world.run(world.database.value(CLAIMS))
    return count


def test_a_member_redeems_and_sees_the_code(world: World) -> None:
    page = open_page(world)
    assert "1,000 points" in page.text
    page.redeem(VOUCHER)
    code = world.run(world.database.value("SELECT code FROM claimed_rewards"))
    assert "“$5 off” is yours!" in page.text
    assert page.text.count(code) == 2
    assert "500 points" in page.text
    assert "Good until Jul 10, 2025" in page.text


def test_nothing_happens_twice(world: World) -> None:
    page = open_page(world)
    form = page.form
    first = page.send(VOUCHER)
    again = page.send(VOUCHER)
    assert first.headers["location"] == again.headers["location"]
    place = "?done=" + f"{form}.{VOUCHER}"
    assert page.load(place).text == page.load(place).text
    assert claims(world) == 1
    page.load().redeem(VOUCHER)
    assert claims(world) == 2


def test_two_fingers_are_one(world: World) -> None:
    page = open_page(world)
    body = urlencode({"form": page.form, "reward_id": VOUCHER}).encode()

    async def both() -> list[Answer]:
        sent = [world.answer("POST", page.path, headers=NOBODY, body=body) for _ in range(4)]
        return await asyncio.gather(*sent)

    answers = world.run(both())
    assert {answer.status for answer in answers} == {303}
    assert claims(world) == 1


@pytest.mark.parametrize("typed", ["12.5", "12,50", " 12.50 "])
def test_an_amount_of_one_s_choice(world: World, typed: str) -> None:
    page = open_page(world)
    (field,) = [each for each in page.seen.all("input") if each["type"] == "number"]
    assert (field["min"], field["max"], field["step"]) == ("1.00", "12.50", "0.01")
    page.redeem(CHOICE, amount=typed)
    assert "“As you like” is yours!" in page.text
    assert "875 points" in page.text


NO_AMOUNT = "That amount does not work here. Please choose another."


@pytest.mark.parametrize(
    ("reward_id", "fields", "words"),
    [
        (CHOICE, {"amount": "12.51"}, NO_AMOUNT),
        (CHOICE, {"amount": "1.001"}, NO_AMOUNT),
        (CHOICE, {"amount": "NaN"}, NO_AMOUNT),
        (CHOICE, {"amount": "much"}, NO_AMOUNT),
        (CHOICE, {"amount": "1e400"}, NO_AMOUNT),
        (CHOICE, {}, NO_AMOUNT),
        (999, {}, "This reward is no longer on offer."),
        (6, {}, "This reward is no longer on offer."),
        (MUG, {"variant": "none"}, "Please choose which one you would like."),
    ],
)
def test_refusals_are_in_a_shopper_s_words(
    kept: World, reward_id: int, fields: dict[str, object], words: str
) -> None:
    page = open_page(kept).redeem(reward_id, **fields)
    assert words in page.text
    assert "1,000 points" in page.text
    assert claims(kept) == 0


def test_too_few_points(world: World) -> None:
    page = open_page(world)
    world.post("/v2/customers/1001/remove_points", {"points": 900})
    page.redeem(VOUCHER)
    assert "You do not have enough points for this yet." in page.text
    assert "400 points to go" in page.text
    assert claims(world) == 0


def test_a_limit_and_an_empty_shelf(world: World) -> None:
    give(world, 2000)
    page = open_page(world)
    for _ in range(3):
        page = page.load().redeem(VOUCHER)
    assert page.text.count("You have had this as often as it can be had.") == 1
    assert "Pick this in your cart at the shop." in page.text


@pytest.mark.parametrize(
    ("reward_id", "words"), [(CARD, "$10 card"), (MASSAGE, "We will call you")]
)
def test_other_kinds(world: World, reward_id: int, words: str) -> None:
    page = open_page(world).redeem(reward_id)
    assert "is yours!" in page.text
    assert words in page.text
    code = world.run(world.database.value("SELECT code FROM claimed_rewards"))
    assert code is None or (code in page.text and code not in page.load().text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"form=x&reward_id=1",
        b"form=aaaaaaaaaaaaaaaaaaaaaa&reward_id=0",
        b"form=aaaaaaaaaaaaaaaaaaaaaa&reward_id=%00",
        b"form=%FF%00&reward_id=" + b"9" * 40,
        b"\xff\xfe",
    ],
)
def test_what_is_no_form_does_nothing(kept: World, body: bytes) -> None:
    answer = open_page(kept).send_raw(body)
    assert answer.status == 303
    assert "?" not in answer.headers["location"]
    assert claims(kept) == 0


def test_a_form_is_short(kept: World) -> None:
    assert open_page(kept).send_raw(b"a" * 5000).status == 413


@pytest.fixture(scope="module")
def lions(shared_world: NewWorld) -> World:
    """The lion's program; tests read, or have shoppers of their own."""
    document = lion_rewards()
    put("rules.0.title", EVIL)(document)
    return shared_world(document)


def test_a_page_is_kept_by_nobody_and_runs_nothing(lions: World) -> None:
    page = open_page(lions)
    answer = lions.get(page.path, headers=NOBODY)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert page.seen.all("script") == []
    assert EVIL in page.text
    assert lions.call("HEAD", page.path, headers=NOBODY).body == b""
    assert lions.call("PUT", page.path, headers=NOBODY).status == 405
    addresses = [each["href"] for each in page.seen.all("link")]
    assert lions.get(str(addresses[1])[2:], headers=NOBODY).status == 200


def test_nobody_sees_the_program(lions: World) -> None:
    page = open_page(lions, None)
    assert page.forms == 0
    assert "Sign in at the shop" in page.text
    for words in ("$5 discount", "500 points", "Visit our online store", "Silver", "Gold"):
        assert words in page.text
    assert "Free makeup classes" in page.text


def test_the_blocked_see_no_points(lions: World) -> None:
    page = open_page(lions, "3001")
    lions.call("PATCH", "/v2/customers/3001", json={"customer": {"blocked": True}})
    page.load()
    assert "Your membership is paused." in page.text
    assert page.forms == 0
    body = urlencode({"form": "a" * 22, "reward_id": 1}).encode()
    assert page.send_raw(body).status == 303


@pytest.mark.parametrize(
    ("language", "words"),
    [("de", "Dein Guthaben"), ("de-AT", "Dein Guthaben"), ("sv", "Your balance"), (None, "Your b")],
)
def test_the_site_s_language(lions: World, language: str | None, words: str) -> None:
    page = open_page(lions, language=language)
    assert words in page.text
    lang = page.seen.all("html")[0]["lang"]
    assert lang == ("de" if words.startswith("Dein") else "en")


def test_a_page_ends(new_world: NewWorld) -> None:
    world = new_world(lion_rewards())
    page = open_page(world)
    world.later(minutes=59)
    assert "100 points" in page.load().text
    world.later(minutes=1)
    for path in (page.path, "/webview/" + "a" * 43, "/webview/x", "/webview/%00"):
        header = NOBODY | {"accept-language": "fr-CA,fr"}
        answer = world.get(path, headers=header)
        assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")
        assert "Cette page a expiré" in answer.body.decode()
        assert world.call("POST", path, headers=header, body=b"form=1").status == 404


def test_a_page_shows_its_own_shopper_and_program(lions: World) -> None:
    first, second = open_page(lions, "4001"), open_page(lions, "4002")
    give(lions, 900, "4001")
    sent = first.load().send(1).headers["location"]
    done = "?" + sent.partition("?")[2].partition("#")[0]
    assert "is yours!" in first.load(done).text
    assert "is yours!" not in second.load(done).text
    assert Page(lions, first.path).load().text != second.text


def test_a_site_that_is_gone_is_the_primary_one(new_world: NewWorld) -> None:
    document = lion_rewards()
    world = new_world(document)
    page = open_page(world)
    second_site({"languages": ["de", "en"]})(document)
    document["sites"] = [document["sites"][1]]  # type: ignore[index]  # a list, as documents go
    world.publish(document)
    assert "€100 more to reach Gold" in page.load().text
