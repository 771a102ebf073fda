"""The ledger as CSV: the same rows, safe to open in a spreadsheet."""

import csv
import io

import pytest

from leal.api.admin.csv_form import COLUMNS
from tests.contract.admin.ledger import expire, spend
from tests.contract.admin.office import ADD, TRANSACTIONS, TRANSACTIONS_OF, Office, links
from tests.worlds import Answer


def table(answer: Answer) -> list[dict[str, str]]:
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(io.StringIO(answer.body.decode(), newline="")))
    assert tuple(lines[0]) == COLUMNS
    return [dict(zip(COLUMNS, line, strict=True)) for line in lines[1:]]


def filled(row: dict[str, str]) -> dict[str, str]:
    return {name: cell for name, cell in row.items() if cell}


@pytest.mark.parametrize("operation", [TRANSACTIONS, TRANSACTIONS_OF])
def test_the_columns_of_every_resource(office: Office, operation: str) -> None:
    reward = office.world.published.program.rewards[0]
    office.signup("1001")
    office.call(ADD, json={"points": 20, "reason": 'Sorry, "Kim"\nreally'})
    spend(office, reward)
    expire(office, points=5)
    office.settle()
    expired, spent, given, joined = table(office.call(operation, query="type=csv"))
    person = {
        "customer_id": "1",
        "customer_merchant_id": "1001",
        "customer_email": "1001@example.com",
        "created_at": "2025-06-10T12:00:00.000Z",
        "points_pending": "0",
    }
    assert filled(expired) == {
        **person,
        "id": "4",
        "resource": "expiry",
        "points_approved": "-5",
    }
    assert filled(spent) == {
        **person,
        "id": "3",
        "resource": "claimed_reward",
        "points_approved": "-10",
        "claimed_reward_id": "1",
        "claimed_reward_state": "approved",
        "reward_id": "1",
        "reward_title": "$5 discount",
    }
    assert filled(given) == {
        **person,
        "id": "2",
        "resource": "adjustment",
        "points_approved": "20",
        "adjustment_note": 'Sorry, "Kim"\nreally',
    }
    assert filled(joined) == {
        **person,
        "id": "1",
        "resource": "activity",
        "points_approved": "100",
        "activity_id": joined["activity_id"],
        "activity_state": "approved",
        "rule_id": "3",
        "rule_name": "$join_program",
        "rule_title": "Join our loyalty program",
    }


@pytest.mark.parametrize(
    "note",
    ['=HYPERLINK("//x")', "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"],
)
def test_no_cell_of_words_is_a_formula(office: Office, note: str) -> None:
    office.signup("=cmd")
    office.call(ADD, "=cmd", json={"points": 20, "reason": note})
    office.settle()
    row = table(office.call(TRANSACTIONS, query="type=csv"))[0]
    assert row["adjustment_note"] == f"'{note}"
    assert row["customer_merchant_id"] == "'=cmd"
    assert row["points_approved"] == "20"


def test_an_innocent_note_is_left_alone(office: Office) -> None:
    office.signup("1001")
    office.call(ADD, json={"points": 20, "reason": "1 = 1 🦁"})
    office.settle()
    row = table(office.call(TRANSACTIONS, query="type=csv"))[0]
    assert row["adjustment_note"] == "1 = 1 🦁"


def test_pages_are_turned_by_the_link_header_and_stay_csv(office: Office) -> None:
    office.signup("1001", "1002", "1003")
    office.settle()
    answer = office.call(TRANSACTIONS, query="type=csv&limit=2")
    rows = table(answer)
    while url := links(answer).get("next"):
        answer = office.world.get(url.removeprefix("http://leal.test"))
        rows += table(answer)
    assert [row["id"] for row in rows] == ["3", "2", "1"]
    assert links(answer).keys() == {"prev"}


def test_an_empty_ledger_is_its_head(office: Office) -> None:
    answer = office.call(TRANSACTIONS, query="type=csv")
    assert answer.body.decode() == ",".join(COLUMNS) + "\r\n"
