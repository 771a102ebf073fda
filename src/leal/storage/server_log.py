"""The log of the embedded server, kept from growing without end.

The server appends to the file that it was started with and cannot be given another. So its end is
copied aside and the file emptied under it: the server goes on at the beginning. What it says in
that very moment may be lost.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

NAME: Final = "server.log"
"""What it is called in the server's folder."""

MOST_BYTES: Final = 8 * 1024**2
"""So long a log gets, and so much of it is kept beside it: twice this at most."""

TERSE: Final = "log_error_verbosity=terse"
"""A setting of the server: errors without their details, which quote the rows of customers."""


def is_long(log: Path) -> bool:
    """Whether it is time to cut the log."""
    try:
        return log.stat().st_size > MOST_BYTES
    except FileNotFoundError:
        return False


def cut(log: Path) -> None:
    """Move the end of a long log to ``NAME.1``, in the place of an older one; one at a time."""
    if not is_long(log):
        return
    # on a full disk the room matters more than what was said
    with suppress(OSError):
        _keep_end(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)


def _keep_end(log: Path, older: Path) -> None:
    older.unlink(missing_ok=True)
    made = os.open(older, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(made, "wb") as kept, log.open("rb") as said:  # noqa: PTH123 - opened above
        said.seek(-MOST_BYTES, os.SEEK_END)
        kept.write(said.read(MOST_BYTES))
