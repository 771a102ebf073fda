"""Turning the pages of GET /v2/customers: cursors, Link headers, and cursors made up by others."""

import base64
import json
from urllib.parse import quote

import pytest

from tests.contract.admin.office import CUSTOMERS, TRANSACTIONS, Office, crowd_of, links, names

WALKS = (
    ("limit=3", (7, 6, 5, 4, 3, 2, 1)),
    ("limit=1&since_id=2", (3, 4, 5, 6, 7)),
    ("limit=2&sort_field=updated_at", (7, 6, 5, 4, 3, 2, 1)),
    ("limit=2&sort_field=updated_at&sort_direction=asc", (1, 2, 3, 4, 5, 6, 7)),
    ("limit=4&sort_direction=asc", (1, 2, 3, 4, 5, 6, 7)),
    ("limit=2&email=EXAMPLE&created_at_max=2025-06-10T17:00:00Z", (5, 4, 3, 2, 1)),
    ("limit=2&updated_at_min=2025-06-10T14:00:00Z", (7, 6, 5, 4, 3)),
    ("limit=7", (7, 6, 5, 4, 3, 2, 1)),
)


@pytest.mark.parametrize(("query", "expected"), WALKS)
def test_cursors_lead_there_and_back(crowd: Office, query: str, expected: tuple[int, ...]) -> None:
    """With a filter sent along that would empty the page, were it not ignored."""
    limit = query.partition("&")[0]
    answer = crowd.call(CUSTOMERS, query=query)
    pages = [names(answer)]
    assert answer.json["cursor"]["prev"] is None
    while cursor := answer.json["cursor"]["next"]:
        answer = crowd.call(CUSTOMERS, query=f"cursor={cursor}&{limit}&email=nobody&since_id=x")
        pages.append(names(answer))
    assert [name for page in pages for name in page] == crowd_of(*expected)
    back = pages[-1:]
    while cursor := answer.json["cursor"]["prev"]:
        answer = crowd.call(CUSTOMERS, query=f"cursor={cursor}&{limit}")
        back.insert(0, names(answer))
    assert back == pages
    assert (answer.json["cursor"]["next"] is None) == (len(pages) == 1)


@pytest.mark.parametrize(("query", "expected"), WALKS)
def test_link_addresses_lead_through_the_same_pages(
    crowd: Office, query: str, expected: tuple[int, ...]
) -> None:
    answer = crowd.call(CUSTOMERS, query=query)
    found = names(answer)
    while url := links(answer).get("next"):
        assert url.startswith("http://leal.test/v2/customers?")
        assert f"&{query.partition('&')[0]}" in url
        answer = crowd.world.get(url.removeprefix("http://leal.test"))
        found += names(answer)
    assert found == crowd_of(*expected)


def test_a_link_header_names_both_neighbours(crowd: Office) -> None:
    assert "link" not in crowd.call(CUSTOMERS, query="limit=7").headers
    first = crowd.call(CUSTOMERS, query="limit=2")
    second = crowd.world.get(links(first)["next"].removeprefix("http://leal.test"))
    cursor = second.json["cursor"]
    assert second.headers["link"] == (
        f'<http://leal.test/v2/customers?cursor={cursor["next"]}&limit=2>; rel="next", '
        f'<http://leal.test/v2/customers?cursor={cursor["prev"]}&limit=2>; rel="prev"'
    )


def test_only_the_limit_of_a_cursor_s_request_counts(crowd: Office) -> None:
    cursor = crowd.call(CUSTOMERS, query="limit=2").json["cursor"]["next"]
    assert names(crowd.call(CUSTOMERS, query=f"cursor={cursor}&limit=4")) == crowd_of(5, 4, 3, 2)
    assert len(names(crowd.call(CUSTOMERS, query=f"cursor={cursor}"))) == 5
    assert crowd.call(CUSTOMERS, query=f"cursor={cursor}&limit=0").status == 400


def test_a_cursor_is_base64url_without_padding(crowd: Office) -> None:
    cursor = crowd.call(CUSTOMERS, query="limit=2").json["cursor"]["next"]
    assert "=" not in cursor
    opened = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    assert (opened["lastId"], opened["direction"]) == (6, "next")


def forged(**members: object) -> str:
    whole = {"of": "customers", "lastId": 3, "direction": "next", **members}
    return base64.urlsafe_b64encode(json.dumps(whole).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "====",
        "%2e%2e%2f",
        "a" * 4000,
        quote("🦁"),
        base64.urlsafe_b64encode(b"null").decode(),
        base64.urlsafe_b64encode(b"{}").decode().rstrip("="),
        base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode(),
        base64.urlsafe_b64encode(b"[" * 2000).decode().rstrip("="),
        forged(of="transactions"),
        forged(of="nothing"),
        forged(lastId="3"),
        forged(lastId=-1),
        forged(lastId=2**53),
        forged(lastId=10**30),
        forged(lastId=1.5),
        forged(direction="sideways"),
        forged(email="\0"),
        forged(email="\ud800"),
        forged(email="x" * 255),
        forged(customerId=1),
        forged(createdFrom=10**18),
        forged(createdFrom="2025-01-01"),
        forged(lastUpdatedAt=-(10**18)),
        forged() + "&cursor=" + forged(),
    ],
)
def test_a_made_up_cursor_is_refused(crowd: Office, cursor: str) -> None:
    answer = crowd.call(CUSTOMERS, query=f"cursor={cursor}")
    assert answer.status == 400
    assert set(answer.json["error"]["details"]) == {"cursor"}


@pytest.mark.parametrize(
    "members",
    [{"createdFrom": -2_200_000_000_000_000}, {"updatedBefore": 253_000_000_000_000_000}],
)
def test_the_furthest_times_of_a_cursor_do_no_harm(
    crowd: Office, members: dict[str, object]
) -> None:
    assert names(crowd.call(CUSTOMERS, query=f"cursor={forged(**members)}")) == crowd_of(2, 1)


def test_a_cursor_of_another_list_is_refused(crowd: Office) -> None:
    cursor = crowd.call(TRANSACTIONS, query="limit=2").json["cursor"]["next"]
    answer = crowd.call(CUSTOMERS, query=f"cursor={cursor}")
    assert set(answer.json["error"]["details"]) == {"cursor"}
