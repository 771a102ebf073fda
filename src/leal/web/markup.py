"""HTML as values: every text is escaped, unless it was made here."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

_VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta"})


class Markup(str):
    """Finished HTML. Only this module makes it."""

    __slots__ = ()


def element(name: str, attributes: Mapping[str, str | None] | None = None, *inside: str) -> Markup:
    """An element around `inside`; an attribute that is None is written by its name alone."""
    written = "".join(
        f" {key}" if value is None else f' {key}="{escape(value)}"'
        for key, value in (attributes or {}).items()
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(inside)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """Parts one after another; those that are plain text are escaped."""
    return Markup("".join(each if isinstance(each, Markup) else escape(each) for each in parts))


def prose(text: str) -> Markup:
    """A sentence in which `backquoted` words are code."""
    pieces = text.split("`")
    return joined(
        element("code", None, piece) if place % 2 else piece for place, piece in enumerate(pieces)
    )
