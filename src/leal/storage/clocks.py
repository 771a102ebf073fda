"""The clocks of programs: a sandbox's runs ahead of the wall clock, nobody else's does."""

from dataclasses import dataclass
from datetime import timedelta

from leal.domain.problems import Missing
from leal.storage.db import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Whether a program is a sandbox, its version in force, and how far its time is ahead."""

    version: int
    sandbox: bool
    ahead: timedelta


# A program's clock, with the version in force.
_LOAD = """
SELECT version, sandbox, clock_offset_seconds FROM programs WHERE program_id = $1
"""


async def load(on: Runner, program_id: int) -> Clock:
    """The clock of a program. Raises Missing."""
    row = await on.row(_LOAD, program_id)
    if row is None:
        raise Missing("program", f"there is no program {program_id}")
    return Clock(
        version=row["version"],
        sandbox=row["sandbox"],
        ahead=timedelta(seconds=row["clock_offset_seconds"]),
    )


async def make_sandbox(on: Runner, program_id: int) -> None:
    """A program that was just made becomes a sandbox."""
    await on.execute("UPDATE programs SET sandbox = true WHERE program_id = $1", program_id)


# Moves a sandbox's time on, and nobody else's.
_ADVANCE = """
UPDATE programs SET clock_offset_seconds = clock_offset_seconds + $2
WHERE program_id = $1 AND sandbox
"""


async def advance(on: Runner, program_id: int, by: timedelta) -> bool:
    """Moves the time of a sandbox on, by whole seconds; False when it is not a sandbox."""
    seconds = by // timedelta(seconds=1)
    return await on.execute(_ADVANCE, program_id, seconds) == "UPDATE 1"
