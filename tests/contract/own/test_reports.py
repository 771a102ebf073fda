"""Points by day on the wire: a whole report, as JSON and as CSV, and which days it is of."""

import pytest

from tests.contract.own.asker import REPORT, Asker
from tests.jobs.shops import buy, give, refund, take

NONE = {
    "outstanding_start": 0,
    "earned": 0,
    "earned_reversed": 0,
    "redeemed": 0,
    "redeemed_reimbursed": 0,
    "expired": 0,
    "outstanding_end": 0,
    "difference": 0,
}


@pytest.fixture
def busy(asker: Asker) -> Asker:
    """10 June: 500 earned and 40 given. 11 June: 100 come back and 15 are taken."""
    world = asker.world
    buy(world, "1", total=100, who="ann")
    give(world, "ann", 40)
    world.later(days=1)
    refund(world, "1", amount=20)
    take(world, "ann", 15)
    return asker


def test_a_report_whole(busy: Asker) -> None:
    answer = busy.call(REPORT, query="from=2025-06-09&to=2025-06-11")
    first = {**NONE, "earned": 540, "outstanding_end": 540, "difference": 540}
    second = {
        **NONE,
        "outstanding_start": 540,
        "earned_reversed": 115,
        "outstanding_end": 425,
        "difference": -115,
    }
    assert answer.json == {
        "points": {
            "from": "2025-06-09",
            "to": "2025-06-11",
            "timezone": "UTC",
            "totals": {
                **NONE,
                "earned": 540,
                "earned_reversed": 115,
                "outstanding_end": 425,
                "difference": 425,
            },
            "days": [
                {"day": "2025-06-09", **NONE},
                {"day": "2025-06-10", **first},
                {"day": "2025-06-11", **second},
            ],
        }
    }


def test_the_same_as_csv(busy: Asker) -> None:
    answer = busy.call(REPORT, query="from=2025-06-10&to=2025-06-11&type=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, *lines = answer.body.decode().split("\r\n")
    assert head.split(",") == ["day", *NONE]
    assert lines == [
        "2025-06-10,0,540,0,0,0,0,540,540",
        "2025-06-11,540,0,115,0,0,0,425,-115",
        "",
    ]


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("", "2025-05-13", "2025-06-11"),
        ("to=2025-03-30", "2025-03-01", "2025-03-30"),
        ("from=2025-06-11", "2025-06-11", "2025-06-11"),
        ("from=2025-06-11&to=2025-12-31", "2025-06-11", "2025-12-31"),
    ],
)
def test_thirty_days_when_nobody_says(busy: Asker, query: str, first: str, last: str) -> None:
    report = busy.call(REPORT, query=query).json["points"]
    assert (report["from"], report["to"]) == (first, last)
    assert (report["days"][0]["day"], report["days"][-1]["day"]) == (first, last)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2025-06-12", "from"),
        ("from=2025-02-29", "from"),
        ("to=1990-W19-4", "to"),
        ("to=20250611", "to"),
        ("to=1899-12-31", "to"),
        ("from=2000-01-01&to=2025-01-01", "from"),
        ("from=2025-06-01&from=2025-06-02", "from"),
        ("to=%D9%A12025-01-01", "to"),
        ("type=xml", "type"),
    ],
)
def test_malformed_days_name_what_is_wrong(busy: Asker, query: str, field: str) -> None:
    answer = busy.call(REPORT, query=query)
    assert answer.status == 400
    assert list(answer.json["error"]["details"]) == [field]


def test_the_longest_report_ends_with_the_last_day_there_is(asker: Asker) -> None:
    answer = asker.call(REPORT, query="from=9988-12-25&to=9998-12-31")
    assert answer.status == 200
    assert len(answer.json["points"]["days"]) == 3_659
