"""What every object of the Admin API is made with."""

from dataclasses import dataclass
from datetime import datetime

from leal.domain.program import Program
from leal.domain.scene import Shelf

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What objects are made from: the program in force, and where links lead.

    `shelf` is what the program has to give away, where that is known.
    """

    program: Program
    public_url: str
    shelf: Shelf | None = None

    @property
    def language(self) -> str:
        """The language that names and titles are shown in."""
        return self.program.primary_site.default_language


def instant(moment: datetime) -> str:
    """A moment in UTC, always with milliseconds."""
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def optional_instant(moment: datetime | None) -> str | None:
    """As `instant`, or null."""
    return None if moment is None else instant(moment)
