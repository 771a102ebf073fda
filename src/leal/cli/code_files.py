"""Files of voucher codes: one code a line, or CSV with a column `code`.

A file is gone through line by line, as often as needed, and never held in memory as a whole.
"""

import csv
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain
from typing import IO, BinaryIO, Final

from leal.cli.showing import Mistake
from leal.usecases.codes import AT_ONCE, code_problem

STDIN: Final = "-"
_COLUMN: Final = "code"
_SEPARATORS: Final = (",", ";", "\t")
_LONGEST_LINE: Final = 65_536
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A code and the line it ends on, or what is wrong there."""

    number: int
    code: str
    problem: str | None = None


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """The file, or standard input kept in a file of its own, so that it can be read twice.

    Raises Mistake when it cannot be read.
    """
    if path == STDIN:
        with tempfile.TemporaryFile() as kept:
            while chunk := sys.stdin.buffer.read(1 << 20):
                kept.write(chunk)
            yield kept
        return
    try:
        file = open(path, "rb")  # noqa: SIM115, PTH123 - closed below; only opening may fail here
    except OSError as error:
        raise Mistake(f"cannot read {path} ({error.strerror}): check the name") from error
    with file:
        yield file


def count_codes(file: BinaryIO) -> int:
    """How many codes there are. Raises Mistake, naming lines, unless each of them is a good one."""
    count, wrong = 0, 0
    shown: list[str] = []
    for line in _lines(file):
        count += 1
        if line.problem is not None:
            wrong += 1
            if len(shown) < _SHOWN:
                shown.append(f"  line {line.number}: {line.problem}")
    if wrong:
        more = [f"  and {wrong - _SHOWN} more"] if wrong > _SHOWN else []
        head = f"{wrong} line(s) hold no code that can be used; nothing was changed:"
        raise Mistake("\n".join([head, *shown, *more, "mend them and run the command again"]))
    if not count:
        raise Mistake("the file holds no code: give one a line, or CSV with a column `code`")
    return count


def batches(file: BinaryIO) -> Iterator[tuple[str, ...]]:
    """The codes of a file whose codes are good, as many at a time as are worked on at once."""
    batch: list[str] = []
    for line in _lines(file):
        batch.append(line.code)
        if len(batch) == AT_ONCE:
            yield tuple(batch)
            batch = []
    if batch:
        yield tuple(batch)


def _lines(file: BinaryIO) -> Iterator[Line]:
    file.seek(0)
    # bytes that are not UTF-8 stay in the text as lone surrogates, to be found with their line
    text = TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape")
    try:
        yield from _read(_short_lines(text))
    except csv.Error as error:
        raise Mistake(f"the file is not CSV ({error}): save it as CSV again") from error
    finally:
        text.detach()


def _read(lines: Iterator[str]) -> Iterator[Line]:
    blank = 0
    for first in lines:
        if first.strip():
            break
        blank += 1
    else:
        return
    for separator in _SEPARATORS:
        names = [name.strip().casefold() for name in next(csv.reader([first], delimiter=separator))]
        if _COLUMN in names:
            yield from _of_table(lines, separator, names.index(_COLUMN), below=blank + 1)
            return
    for number, line in enumerate(chain([first], lines), start=blank + 1):
        code = line.strip(" \t\n")
        if code:
            yield Line(number, code, _problem_of_line(code))


def _of_table(lines: Iterator[str], separator: str, column: int, *, below: int) -> Iterator[Line]:
    rows = csv.reader(lines, delimiter=separator)
    for row in rows:
        number = below + rows.line_num
        if not any(cell.strip() for cell in row):
            continue
        code = row[column].strip(" \t") if column < len(row) else ""
        yield Line(number, code, _problem(code))


def _short_lines(text: IO[str]) -> Iterator[str]:
    number = 0
    while line := text.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise Mistake(f"line {number} is endless: the file is to have one code a line, or CSV")
        yield line


def _problem_of_line(code: str) -> str | None:
    if any(sign in code for sign in (*_SEPARATORS, '"')):
        return "it has quotes or several columns: name them in the first line, one of them `code`"
    return _problem(code)


def _problem(code: str) -> str | None:
    if any("\udc80" <= character <= "\udcff" for character in code):
        return "it is not UTF-8: save the file as UTF-8"
    return code_problem(code)
