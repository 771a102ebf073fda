"""What a merchant wrote in Markdown, as plain text and as HTML that is safe in any shop's page."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import unescape
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_CACHED_TEXTS: Final = 2_048
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_INLINE: Final = frozenset({"a", "b", "br", "code", "del", "em", "i", "s", "strong", "u"})
_BLOCKS: Final = frozenset({"blockquote", "hr", "li", "ol", "p", "pre", "ul"})
_TAGS: Final = _HEADINGS | _INLINE | _BLOCKS
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
_NOTHING: Final[frozenset[str]] = frozenset()
_MARKDOWN: Final = MarkdownIt("commonmark").enable("strikethrough")


@lru_cache(maxsize=_CACHED_TEXTS)
def html(source: str) -> str:
    """Sanitised HTML: no script, style, image or handler survives; bare addresses stay text."""
    return nh3.clean(
        _MARKDOWN.render(source),
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer",
    ).rstrip("\n")


@lru_cache(maxsize=_CACHED_TEXTS)
def plaintext(source: str) -> str:
    """The text without markup: a blank line between paragraphs, "- " before list items.

    Ends with a line break unless it is empty. A link's address follows its text in brackets.
    """
    blocks: list[str] = []
    ordinals: list[int | None] = []
    marker = ""
    for token in _MARKDOWN.parse(source):
        match token.type:
            case "bullet_list_open":
                ordinals.append(None)
            case "ordered_list_open":
                ordinals.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                ordinals.pop()
                blocks.append("" if ordinals else "\n")
            case "list_item_open":
                marker = _marker(ordinals)
            case "inline" | "fence" | "code_block" | "html_block":
                tight = bool(ordinals)
                blocks.append(marker + _text(token) + ("\n" if tight else "\n\n"))
                marker = ""
            case _:
                pass
    text = "".join(blocks).strip("\n")
    return f"{text}\n" if text else ""


def _marker(ordinals: list[int | None]) -> str:
    indent = "  " * (len(ordinals) - 1)
    ordinal = ordinals[-1]
    if ordinal is None:
        return f"{indent}- "
    ordinals[-1] = ordinal + 1
    return f"{indent}{ordinal}. "


def _text(token: Token) -> str:
    if token.type == "inline":
        return "".join(_inline(token.children or ())).strip()
    if token.type == "html_block":
        return _stripped(token.content).strip()
    return token.content.rstrip("\n")


def _inline(tokens: Sequence[Token]) -> Iterable[str]:
    address = shown = ""
    for token in tokens:
        match token.type:
            case "link_open":
                address, shown = str(token.attrGet("href") or ""), ""
            case "link_close":
                if address not in (shown, f"mailto:{shown}"):
                    yield f" ({address})"
            case "softbreak" | "hardbreak":
                yield "\n"
            case "html_inline":
                yield _stripped(token.content)
            case _:
                shown += token.content
                yield token.content


def _stripped(markup: str) -> str:
    return unescape(nh3.clean(markup, tags=set(_NOTHING)))
