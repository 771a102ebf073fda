"""Values for type hints: what a document of some type could hold, for properties."""

import dataclasses
import re
import string
import types
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from leal.domain.constraints import Between, Length, Matching, Satisfying
from leal.domain.texts import Text

WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"),
    min_size=1,
    max_size=20,
).filter(str.strip)
TESTED_WORDS = ("usd", "jpy", "kwd", "US", "NO", "DE", "UTC", "Europe/Berlin", "America/New_York")
LANGUAGES = st.sampled_from(["en", "en-gb", "de", "no", "pt-br"])
TEXTS = st.one_of(
    WORDS.map(Text.everywhere),
    st.dictionaries(LANGUAGES, WORDS, min_size=1, max_size=3).map(Text.of),
)


def values(hint: object) -> st.SearchStrategy[object]:
    """Draw values of a hint that a document may hold; constraints are kept."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return constrained(arguments[0], arguments[1:])
    if origin in {Union, types.UnionType}:
        return st.one_of([values(one) for one in arguments])
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=2)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    if dataclasses.is_dataclass(hint):
        return records(hint) if isinstance(hint, type) and hint is not Text else TEXTS
    scalars: dict[object, st.SearchStrategy[object]] = {
        bool: st.booleans(),
        str: WORDS,
        int: st.integers(-(2**53) + 1, 2**53 - 1),
        date: st.dates(),
        types.NoneType: st.none(),
    }
    return scalars[hint]


def constrained(hint: object, constraints: tuple[object, ...]) -> st.SearchStrategy[object]:
    """Draw values that satisfy the constraints, the last of which says most."""
    match hint, constraints[-1]:
        case _, Between(low, high) if hint is int:
            return st.integers(int(low), int(high))
        case _, Between(low, high):
            return st.decimals(Decimal(low), Decimal(high), places=3)
        case _, Matching(pattern):
            alphabet = st.sampled_from(string.printable)
            return st.from_regex(re.compile(pattern), fullmatch=True, alphabet=alphabet)
        case _, Satisfying(test):
            return st.sampled_from([word for word in TESTED_WORDS if test(word)])
        case _, Length(low) if get_origin(hint) is tuple:
            entries = values(get_args(hint)[0])
            return st.lists(entries, min_size=low, max_size=low + 1).map(tuple)
        case _, Length():
            return TEXTS if hint is Text else WORDS
        case _:
            raise AssertionError(constraints)


def records(kind: type[object]) -> st.SearchStrategy[object]:
    """Draw instances of a dataclass, each field drawn by its hint."""
    assert dataclasses.is_dataclass(kind)
    hints = get_type_hints(kind, include_extras=True)
    drawn = {each.name: values(hints[each.name]) for each in dataclasses.fields(kind) if each.init}
    return st.builds(kind, **drawn)
