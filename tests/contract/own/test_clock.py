"""A sandbox's clock over HTTP; other programs' clocks stand where they are."""

import pytest

from tests.contract.own.asker import ADVANCE_CLOCK, SHOW_CLOCK, Asker
from tests.jobs.shops import buy


@pytest.fixture
def sandbox(asker: Asker) -> Asker:
    asker.world.run(asker.world.database.execute("UPDATE programs SET sandbox = true"))
    return asker


def test_time_moves_and_what_became_due_is_worked_off(sandbox: Asker) -> None:
    buy(sandbox.world, "1", total=100, who="ann")
    before = sandbox.call(SHOW_CLOCK).json["clock"]
    answer = sandbox.call(ADVANCE_CLOCK, json={"advance": "15d"})
    assert answer.status == 200
    moved = answer.json["clock"]
    assert (before["ahead_seconds"], moved["ahead_seconds"]) == (0, 15 * 86_400)
    assert moved["worked_off"]["approvals"] == 1
    customer = sandbox.world.get("/headless/2025-06/1/customers/ann?channel=web").json["customer"]
    assert (customer["points_approved"], customer["points_pending"]) == (500, 0)


def test_production_programs_refuse(asker: Asker) -> None:
    answer = asker.call(ADVANCE_CLOCK, json={"advance": "15d"})
    assert (answer.status, answer.code) == (422, "not_a_sandbox")
    assert asker.call(SHOW_CLOCK).json["clock"]["ahead_seconds"] == 0


@pytest.mark.parametrize("body", [{}, {"advance": "15"}, {"advance": "-1d"}, {"advance": 15}])
def test_other_distances_are_explained(sandbox: Asker, body: object) -> None:
    answer = sandbox.call(ADVANCE_CLOCK, json=body)
    assert answer.status == 400
    assert set(answer.json["error"]["details"]) == {"advance"}


def test_another_program_has_no_clock_here(sandbox: Asker) -> None:
    answer = sandbox.world.post("/leal/v1/programs/999/clock", {"advance": "1d"})
    assert (answer.status, answer.code) == (404, "program_not_found")
