"""What is wrong with a document, and what would be right: for the person who wrote it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend.

    `path` says where ("rules[2].tiers.gold.points", "" for the whole document), `wrong` what was
    found there, `right` what to write instead.
    """

    path: str
    wrong: str
    right: str

    def __str__(self) -> str:
        joint = "" if self.right.startswith("did you") else "expected "
        return f"{self.path or 'the document'}: {self.wrong}; {joint}{self.right}"


class DocumentError(ValueError):
    """A document cannot be used; `problems` lists everything to mend, at least one."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


SHOWN_CHARACTERS = 60


def show(value: object) -> str:
    """Quote a found value for a message, shortened, on one line."""
    match value:
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case int() if abs(value).bit_length() > SHOWN_CHARACTERS:
            return "a very large number"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
