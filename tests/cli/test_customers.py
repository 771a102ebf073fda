"""`leal customers export` and `erase`: all is told, all is forgotten, and nobody is by accident.

Seen to fail with an erasure that did not wait for the id to be typed once more.
"""

import json

import pytest

from tests.cli.command import Leal
from tests.jobs.shops import give, join, shop
from tests.programs import put, second_site
from tests.worlds import world_on

_NOBODY = "leal: No customer with this merchant id: check the id, --program and --site\n"


@pytest.fixture
def two(leal: Leal) -> Leal:
    """Ann and Bob, with 10 and 20 points."""
    with world_on(leal.database_url, shop()) as world:
        for number, name in enumerate(("ann", "bob"), start=1):
            join(world, name)
            give(world, name, 10 * number)
    return leal


def _deeds(leal: Leal) -> list[str]:
    rows = [line.split("\t") for line in leal.run("audit").splitlines()]
    return [" ".join(row[4:6]) for row in rows]


def test_a_person_is_told_and_then_forgotten(two: Leal) -> None:
    printed, said = two.tell("customers", "export", "ann")
    told = json.loads(printed)
    assert (said, printed.count("\n")) == ("", 1)
    assert [each["email"] for each in told["customers"]] == ["ann@lion.example"]
    assert [each["merchant_id"] for each in told["customer_ids"]] == ["ann"]
    assert [each["points_approved"] for each in told["transactions"]] == [10]
    assert "bob" not in printed

    asked = "Type ann once more to erase this customer for good:"
    _, said = two.tell("customers", "erase", "ann", typed="ann\n")
    assert said.replace(f"{asked} ", asked).startswith(
        f"{asked}the person behind customer 1 is erased: "
    )
    assert two.fail("customers", "export", "ann") == _NOBODY
    assert two.fail("customers", "erase", "ann", "--confirm", "ann") == _NOBODY
    assert "20 approved" in two.run("explain", "bob")
    two.run("verify")
    assert _deeds(two) == ["customer.erased customer 1", "customer.exported customer 1"]


def test_nobody_is_erased_by_accident(two: Leal) -> None:
    differ = "leal: nothing was erased: the two ids differ\n"
    assert two.fail("customers", "erase", "ann", "--confirm", "bob") == differ
    assert two.fail("customers", "erase", "nobody", "--confirm", "nobody") == _NOBODY
    assert two.fail("customers", "export", "nobody") == _NOBODY
    assert two.fail("customers", "export", "ann", "--program", "9") == (
        "leal: there is no program 9: see `leal program list`\n"
    )
    assert "10 approved" in two.run("explain", "ann")
    assert _deeds(two) == []


def test_the_same_id_on_two_sites_is_told_apart_by_the_site(leal: Leal) -> None:
    document = shop()
    second_site()(document)
    put("sites.1.languages", ["en"])(document)
    with world_on(leal.database_url, document) as world:
        for site, email in ((1, "ann@lion.example"), (2, "anna@lion.example")):
            path = f"/headless/2025-06/{site}/customers/ann/sessions?channel=pos"
            body = {"customer": {"email": email}, "session": {}}
            assert world.post(path, body).status == 200
    for word in ("export", "erase"):
        told = leal.fail("customers", word, "ann", *(("--confirm", "ann") * (word == "erase")))
        assert told.startswith("leal: site_id: ")
        assert told.count("\n") == 1
    told = leal.run("customers", "export", "ann", "--site", "2")
    assert [each["email"] for each in json.loads(told)["customers"]] == ["anna@lion.example"]
    leal.run("customers", "erase", "ann", "--site", "2", "--confirm", "ann")
    told = leal.run("customers", "export", "ann", "--site", "1")
    assert [each["email"] for each in json.loads(told)["customers"]] == ["ann@lion.example"]
