"""`leal customers merge`, `merges` and `unmerge`, as an operator types them."""

import pytest

from tests.cli.command import Leal
from tests.jobs.shops import give, join, shop
from tests.worlds import world_on


@pytest.fixture
def three(leal: Leal) -> Leal:
    """Ann, Bob and Cid, with 10, 20 and 30 points, a moment ago."""
    with world_on(leal.database_url, shop()) as world:
        for number, name in enumerate(("ann", "bob", "cid"), start=1):
            join(world, name)
            give(world, name, 10 * number)
    return leal


def test_merging_listing_and_taking_back(three: Leal) -> None:
    for other in ("bob", "cid"):
        three.run("customers", "merge", "ann", other)
    rows = [line.split("\t") for line in three.run("customers", "merges", "bob").splitlines()]
    assert [row[:3] for row in rows] == [["2", "cid", "30"], ["1", "bob", "20"]]
    assert all(row[3] and not row[4] and row[5] for row in rows)
    assert "60 approved" in three.run("explain", "bob")
    three.run("customers", "unmerge", "ann", "1")
    assert "20 approved" in three.run("explain", "bob")
    assert "40 approved" in three.run("explain", "cid")
    listed = three.run("customers", "merges", "ann").splitlines()
    assert [bool(line.split("\t")[4]) for line in listed] == [False, True]
    three.run("verify")


def test_what_cannot_be_merged_is_said(three: Leal) -> None:
    assert "nothing to merge" in three.fail("customers", "merge", "ann", "ann")
    assert "No customer with this merchant id" in three.fail("customers", "merge", "ann", "dan")
    assert "No merge into this customer" in three.fail("customers", "unmerge", "ann", "7")
