"""`leal explain` and `leal report points`, for people and for programs."""

import json
from datetime import UTC, datetime

import pytest

from tests.cli.command import Leal
from tests.jobs.shops import buy, give, join, refund, shop
from tests.worlds import world_on


@pytest.fixture
def today(leal: Leal) -> str:
    """A shop in which Ann bought for 100 dollars today and got 30 back; returns the day."""
    with world_on(leal.database_url, shop()) as world:
        started_at = datetime.now(UTC)  # noqa: TID251 - the command reads the clock, too
        world.now = started_at.replace(hour=0, minute=0, second=1, microsecond=0)
        join(world, "ann")
        give(world, "ann", 7)
        buy(world, "A-1", total=100, who="ann")
        refund(world, "A-1", amount=30)
        return world.now.date().isoformat()


@pytest.mark.usefixtures("today")
def test_an_explanation_can_be_read(leal: Leal) -> None:
    told = leal.run("explain", "ann")
    assert "7 approved, 350 pending, 0 spent" in told
    assert "rule 1 (purchase): Buy" in told
    assert "under version 1 of the program" in told
    lines = [" ".join(line.split()) for line in told.splitlines()]
    start = lines.index("paid 100.00")
    assert lines[start : start + 7] == [
        "paid 100.00",
        "base 100.00",
        "less the share of 30.00 refunded -30.00",
        "counts 70.00",
        "points for each USD 5",
        "points, exactly (floor) 350",
        "points 350",
    ]


@pytest.mark.usefixtures("today")
def test_an_explanation_for_programs_is_that_of_the_wire(leal: Leal) -> None:
    found = json.loads(leal.run("explain", "ann", "--order", "A-1", "--json"))
    assert [entry["moved"]["pending"] for entry in found["entries"]] == [-150, 500]
    short = json.loads(leal.run("explain", "ann", "--limit", "1", "--json"))
    assert short["cursor"]["next"]


@pytest.mark.usefixtures("today")
def test_nobody_is_explained(leal: Leal) -> None:
    assert "No customer with this merchant id" in leal.fail("explain", "bob")
    assert "No order of this customer" in leal.fail("explain", "ann", "--order", "B-1")


def test_a_report_for_people_programs_and_sheets(leal: Leal, today: str) -> None:
    row = ["0", "507", "150", "0", "0", "0", "357", "357"]
    assert leal.run("report", "points", "--from", today).splitlines() == ["\t".join([today, *row])]
    found = json.loads(leal.run("report", "points", "--json"))
    assert (len(found["days"]), found["totals"]["outstanding_end"]) == (30, 357)
    sheet = leal.run("report", "points", "--from", today, "--csv")
    assert sheet.splitlines()[1] == ",".join([today, *row])


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--json", "--csv"], "choose one of"),
        (["--from", "2025-02-01", "--to", "2025-01-01"], "the other way round"),
        (["--from", "2000-01-01", "--to", "2025-01-01"], "at most 3660"),
    ],
)
def test_a_report_that_cannot_be_says_what_can(leal: Leal, words: list[str], said: str) -> None:
    assert said in leal.fail("report", "points", *words)
