"""When points expire: by the day earned, by the calendar, never at once after switching on."""

from datetime import UTC, datetime
from typing import Any

import pytest

from leal.domain.expiry import expires_at
from tests.programs import program_with, put


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


EARNED = {"mode": "date_earned", "months": 12, "enabled_on": "2020-01-01"}
YEARLY = {"mode": "calendar", "yearly_on": {"month": 7, "day": 1}, "enabled_on": "2020-01-01"}


@pytest.mark.parametrize(
    ("expiry", "earned", "expected"),
    [
        (None, "2025-06-01T15:00", None),
        (EARNED, "2025-06-01T15:00", "2026-06-01T00:00"),
        (EARNED, "2024-02-29T15:00", "2025-02-28T00:00"),
        ({**EARNED, "enabled_on": "2025-09-01"}, "2025-06-01T15:00", "2026-09-01T00:00"),
        (YEARLY, "2025-06-30T23:00", "2025-07-01T00:00"),
        (YEARLY, "2025-07-01T00:00", "2026-07-01T00:00"),
        ({**YEARLY, "grace_months": 2}, "2025-05-02T00:00", "2026-07-01T00:00"),
        ({**YEARLY, "grace_months": 2}, "2025-05-01T00:00", "2025-07-01T00:00"),
        ({**YEARLY, "enabled_on": "2025-02-01"}, "2025-03-01T00:00", "2026-07-01T00:00"),
        (
            {"mode": "last_change", "months": 6, "enabled_on": "2020-01-01"},
            "2025-06-01T15:00",
            None,
        ),
    ],
)
def test_the_day_an_award_expires(
    expiry: dict[str, Any] | None, earned: str, expected: str | None
) -> None:
    program = program_with(put("expiry", expiry))
    found = expires_at(program, earned_at=utc(earned), approve_at=None)
    assert found == (None if expected is None else utc(expected))


def test_points_never_expire_before_they_are_approved() -> None:
    program = program_with(put("expiry", {**EARNED, "months": 1}))
    approve = utc("2025-08-01T15:00")
    assert expires_at(program, earned_at=utc("2025-06-01T15:00"), approve_at=approve) == approve


def test_days_end_at_midnight_of_the_primary_site() -> None:
    program = program_with(put("expiry", EARNED), put("sites.0.timezone", "America/New_York"))
    found = expires_at(program, earned_at=utc("2025-06-02T03:00"), approve_at=None)
    assert found == utc("2026-06-01T04:00")
