"""Whatever is raised ends as JSON that says something, and in a log that names nobody.

Seen to fail with the exception's message in the log line, with a dialect's bug let through, and
with a second log line for an outage.
"""

import pytest
from starlette.requests import ClientDisconnect
from structlog.testing import capture_logs

from leal.api.http import plain_answer
from leal.domain.problems import (
    BadRequest,
    DatabaseAway,
    Forbidden,
    Missing,
    TooLarge,
    TooMany,
    TooSlow,
    Unauthenticated,
)
from tests.api.shop import EMAIL, Shop


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (BadRequest({"a.b": "wrong"}), 400),
        (Unauthenticated(), 401),
        (Forbidden("The key lacks the scope write_orders."), 403),
        (Missing("customer", "There is no such customer"), 404),
        (TooSlow(), 408),
        (TooLarge(5), 413),
        (KeyError("b"), 422),
        (TooMany(3), 429),
        (DatabaseAway(), 503),
    ],
)
def test_every_problem_has_its_status_and_says_something(problem: Exception, status: int) -> None:
    answer = Shop().failing(problem)
    assert answer.status == status
    assert answer.error()
    assert answer.headers["content-length"] == str(len(answer.body))


def test_the_facts_of_a_problem_reach_the_caller() -> None:
    shop = Shop()
    assert shop.failing(BadRequest({"a.b": "wrong"})).json() == {
        "error": {"message": "Invalid request", "details": {"a.b": "wrong"}}
    }
    assert shop.failing(Unauthenticated()).json() == {
        "error": {"message": "Authentication is required"}
    }
    assert shop.failing(KeyError("b")).json() == {"error": {"code": "no_key", "key": "b"}}
    assert shop.failing(TooMany(3)).headers["retry-after"] == "3"
    assert shop.failing(DatabaseAway()).headers["retry-after"] == "1"


def failed_lookup() -> None:
    raise ValueError(EMAIL)


def wrapped() -> Exception:
    try:
        failed_lookup()
    except ValueError as cause:
        problem = RuntimeError(EMAIL)
        problem.__cause__ = cause
        return problem
    raise AssertionError


def test_a_bug_is_a_500_that_quotes_the_request_and_a_log_line_without_personal_data() -> None:
    with capture_logs() as logs:
        answer = Shop().failing(wrapped())
    assert answer.status == 500
    assert answer.json() == {
        "error": {
            "message": "Something went wrong on our side. Quote request id made-1 to the operator."
        }
    }
    (log,) = logs
    assert log["event"] == "request_failed"
    assert log["request_id"] == "made-1"
    assert log["route"] == "/api/raise"
    assert log["error"] == "RuntimeError < ValueError"
    assert log["where"][-1].endswith(" fail")
    assert EMAIL not in repr(log)


def test_the_log_names_the_route_and_not_the_customer() -> None:
    shop = Shop()
    with capture_logs() as logs:
        shop.ask("POST", f"/api/things/{EMAIL}", chunks=[])
    assert [log["route"] for log in logs] == ["/api/things/{id}"]
    assert EMAIL not in repr(logs)


def test_a_bug_in_a_dialect_is_a_500_too() -> None:
    with capture_logs() as logs:
        answer = Shop().failing(ZeroDivisionError())
    assert answer.status == 500
    assert answer.error()["message"]
    assert len(logs) == 1
    assert EMAIL not in repr(logs)


def test_expected_problems_are_not_logged() -> None:
    with capture_logs() as logs:
        Shop().failing(Unauthenticated())
        Shop().get("/nowhere")
        Shop().ask("DELETE", "/api/things/1")
    assert logs == []


def test_an_outage_is_logged_once() -> None:
    with capture_logs() as logs:
        Shop().failing(DatabaseAway())
    assert [log["event"] for log in logs] == ["database_away"]


def test_a_client_that_hung_up_is_neither_answered_nor_logged() -> None:
    with capture_logs() as logs:
        answer = Shop().failing(ClientDisconnect())
    assert answer.status == 0
    assert logs == []


def test_an_answer_that_breaks_off_is_left_unfinished_and_logged() -> None:
    with capture_logs() as logs:
        answer = Shop().get("/api/broken-stream")
    assert (answer.status, answer.body, answer.finished) == (200, b"x", False)
    assert len(logs) == 1
    assert EMAIL not in repr(logs)


def test_a_bug_has_no_plain_answer() -> None:
    assert plain_answer(ValueError("x")) is None
