"""The clock of a program over HTTP: what time it is there, and moving a sandbox on."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from leal.api.fields import Fields
from leal.api.ids import decode_number
from leal.api.json_body import parse_object, read_body
from leal.api.operations import Operation
from leal.api.own.requests import Call
from leal.domain.problems import Missing
from leal.usecases.access import Scope
from leal.usecases.clock import ProgramClock, read_distance
from leal.usecases.due import Kind

_PATH = "/leal/v1/programs/{program_id}/clock"

SHOW_CLOCK: Final = Operation(
    name="programs.showClock",
    method="GET",
    path=_PATH,
    summary="What time it is in the program",
    scope=None,
)
ADVANCE_CLOCK: Final = Operation(
    name="programs.advanceClock",
    method="POST",
    path=_PATH,
    summary="Moves a sandbox's time on and works off what became due",
    scope=Scope.WRITE_CONFIGURATION,
)


def program_of(call: Call) -> int:
    """The program in the path, which must be the caller's own: any other is Missing."""
    found = decode_number(
        call.request.path_params["program_id"], field="program_id", noun="program"
    )
    if found != call.caller.program_id:
        raise Missing("program", "No program with this id belongs to this key")
    return found


async def distance(call: Call) -> timedelta:
    """How far time is to move: `{"advance": "15d"}`."""
    fields = Fields(parse_object(await read_body(call.request)))
    text = fields.text("advance", max_length=20)
    found = timedelta(0)
    if text:
        try:
            found = read_distance(text)
        except ValueError as why:
            fields.problem("advance", str(why))
    fields.done()
    return found


def shown(clock: ProgramClock, done: Mapping[Kind, int] | None = None) -> dict[str, object]:
    """The program's time and, after moving it, how much of each kind of work was done."""
    shape: dict[str, object] = {
        "now": clock.now.isoformat(timespec="milliseconds")[:-6] + "Z",
        "sandbox": clock.sandbox,
        "ahead_seconds": int(clock.ahead.total_seconds()),
    }
    if done is not None:
        shape["worked_off"] = {kind.value: count for kind, count in done.items()}
    return {"clock": shape}
