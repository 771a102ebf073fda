"""Documents are read strictly, every mistake is named with its place, and nothing is lost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leal.domain.checks import read_program
from leal.domain.constraints import Between, Length, Matching
from leal.domain.documents import DocumentError, Problem, decode, encode, leaves
from leal.domain.program import Program
from leal.domain.rewards import REWARD_KINDS
from leal.domain.rules import RULE_KINDS
from leal.domain.texts import Text
from tests.domain.hints import values
from tests.programs import lion_rewards


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    TAG: ClassVar[str] = "shape"
    KIND: ClassVar[str] = "round"
    radius: Annotated[int, Between(1, 9)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    TAG: ClassVar[str] = "shape"
    KIND: ClassVar[str] = "square"
    side: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cents:
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Toy:
    """One field of every type that documents know."""

    name: Annotated[str, Length(1, 20)]
    colour: Colour = Colour.RED
    code: Annotated[str, Matching("[a-z]+", "small letters")] | None = None
    soft: bool = False
    age: Annotated[int, Between(0, 99)] = 3
    price: Annotated[Decimal, Between(0, 1000)] = Decimal(1)
    made_on: date | None = None
    label: Text | None = None
    form: Round | Square = Square()
    off: Cents | Share | None = None
    tags: Annotated[tuple[str, ...], Length(0, 2, "entries")] = ()
    parts: Mapping[str, Cents] = field(default_factory=dict)


def test_a_document_is_read_into_types() -> None:
    toy = decode(
        Toy,
        {
            "name": "Bear",
            "colour": "green",
            "soft": True,
            "age": 7,
            "price": "9.90",
            "made_on": "2024-02-29",
            "label": {"en": "A bear", "de": "Ein Bär"},
            "form": {"shape": "round", "radius": 2},
            "off": {"share": 10},
            "tags": ["a", "b"],
            "parts": {"ear": {"cents": 5}},
        },
    )

    assert toy == Toy(
        name="Bear",
        colour=Colour.GREEN,
        soft=True,
        age=7,
        price=Decimal("9.90"),
        made_on=date(2024, 2, 29),
        label=Text.of({"en": "A bear", "de": "Ein Bär"}),
        form=Round(radius=2),
        off=Share(share=10),
        tags=("a", "b"),
        parts={"ear": Cents(cents=5)},
    )


@pytest.mark.parametrize(
    ("value", "read"),
    [(5, "5"), (9.9, "9.9"), (0.1, "0.1"), ("9.90", "9.90"), (29.99, "29.99")],
)
def test_numbers_are_read_by_their_digits(value: object, read: str) -> None:
    assert str(decode(Toy, {"name": "x", "price": value}).price) == read


MISTAKES: list[tuple[dict[str, object], str, str]] = [
    ({"nmae": "Bear"}, "nmae", "did you mean `name`?"),
    ({"name": None}, "name", "text of 1 to 20 characters"),
    ({"name": "   "}, "name", "text of 1 to 20 characters"),
    ({"name": "a\x00b"}, "name", "text without those characters"),
    ({"name": "\ud800"}, "name", "text without those characters"),
    ({"name": False}, "name", "text of 1 to 20 characters, in quotes"),
    ({"name": date(2026, 1, 1)}, "name", "text of 1 to 20 characters, in quotes"),
    ({"colour": "gren"}, "colour", "did you mean `green`?"),
    ({"colour": 5}, "colour", "one of: red, green"),
    ({"code": "ABC"}, "code", "small letters"),
    ({"code": "abc\n"}, "code", "small letters"),
    ({"soft": 1}, "soft", "true or false"),
    ({"soft": "yes"}, "soft", "true or false"),
    ({"age": True}, "age", "a whole number from 0 to 99"),
    ({"age": 5.0}, "age", "a whole number from 0 to 99"),
    ({"age": "5"}, "age", "a whole number from 0 to 99"),
    ({"age": 100}, "age", "a whole number from 0 to 99"),
    ({"age": 2**53}, "age", "a whole number from 0 to 99"),
    ({"age": 10**5000}, "age", "a whole number from 0 to 99"),
    ({"price": float("nan")}, "price", 'a number such as 5 or "9.90" from 0 to 1000'),
    ({"price": float("inf")}, "price", 'a number such as 5 or "9.90" from 0 to 1000'),
    ({"price": 1e300}, "price", 'a number such as 5 or "9.90" from 0 to 1000'),
    ({"price": "1e2"}, "price", 'a number such as 5 or "9.90" from 0 to 1000'),
    ({"price": "NaN"}, "price", 'a number such as 5 or "9.90" from 0 to 1000'),
    ({"price": "٣"}, "price", 'a number such as 5 or "9.90" from 0 to 1000'),
    ({"price": True}, "price", 'a number such as 5 or "9.90" from 0 to 1000'),
    ({"price": -1}, "price", 'a number such as 5 or "9.90" from 0 to 1000'),
    ({"made_on": "2025-02-29"}, "made_on", "a date such as 2026-01-31"),
    ({"made_on": "20250228"}, "made_on", "a date such as 2026-01-31"),
    ({"made_on": 20250228}, "made_on", "a date such as 2026-01-31"),
    ({"label": {}}, "label", "text, or a mapping from languages to text"),
    ({"label": {"EN": "x"}}, "label.EN", "a lower-case language code such as en or pt-br"),
    ({"label": {"en": 5}}, "label.en", "text"),
    ({"form": {"radius": 1}}, "form.shape", "one of: round, square"),
    ({"form": {"shape": "rond", "radius": 1}}, "form.shape", "did you mean `round`?"),
    ({"form": {"shape": "round"}}, "form.radius", "a whole number from 1 to 9"),
    ({"form": {"shape": "square", "radius": 1}}, "form.radius", "one of: shape, side"),
    ({"form": "round"}, "form", "a mapping with the key shape, one of: round, square"),
    ({"off": {}}, "off", "a mapping with one of the keys: cents, share"),
    ({"off": {"cents": 1, "share": 1}}, "off", "a mapping with one of the keys: cents, share"),
    ({"tags": "ab"}, "tags", "a list of text"),
    ({"tags": ["a", "b", "c"]}, "tags", "a list of 0 to 2 entries"),
    ({"tags": ["a", 5]}, "tags[1]", "text"),
    ({"parts": {"ear": {"cents": "5"}}}, "parts.ear.cents", "a whole number"),
    ({"parts": {"left ear": 5}}, "parts['left ear']", "a mapping with the keys cents"),
    ({True: 5}, "[true]", "one of: name, colour, code, soft, age"),  # type: ignore[dict-item] # YAML reads a bare `on` so
]


@pytest.mark.parametrize(("change", "path", "right"), MISTAKES)
def test_a_mistake_is_named_with_its_place_and_what_would_be_right(
    change: dict[str, object], path: str, right: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        decode(Toy, {"name": "Bear"} | change)

    (problem,) = caught.value.problems
    assert problem.path == path
    assert problem.right.startswith(right)


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(DocumentError) as caught:
        decode(Toy, {"age": -1, "form": {"shape": "round", "radius": 0}, "tags": [1, 2]})

    paths = [problem.path for problem in caught.value.problems]
    assert paths == ["name", "age", "form.radius", "tags[0]", "tags[1]"]


def test_a_problem_reads_as_one_line() -> None:
    assert str(Problem("a.b", "5 is not text", "text")) == "a.b: 5 is not text; expected text"
    assert str(Problem("", "5 is unknown", "did you mean `6`?")).startswith("the document: 5 is")


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def bomb() -> object:
    value: list[object] = ["ha"] * 10
    for _ in range(8):
        value = [value] * 10
    return value


def circle() -> object:
    value: list[object] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "right"),
    [
        (nested(33), "at most 32 levels"),
        (nested(10_000), "at most 32 levels"),
        (circle(), "at most 32 levels"),
        (bomb(), "at most 200000 values"),
    ],
    ids=["33 levels", "10000 levels", "circle", "bomb"],
)
def test_a_document_beyond_reason_is_refused_before_it_is_read(value: object, right: str) -> None:
    with pytest.raises(DocumentError) as caught:
        decode(Toy, {"name": "Bear", "tags": value})

    assert [problem.right for problem in caught.value.problems] == [right]


@pytest.mark.parametrize("value", [None, [], "text", 5, True])
def test_what_is_no_mapping_is_no_document(value: object) -> None:
    with pytest.raises(DocumentError, match=r"the document: .* is not a mapping"):
        decode(Toy, value)


def test_defaults_are_written_out_and_absent_things_left_out() -> None:
    assert encode(Toy(name="Bear")) == {
        "name": "Bear",
        "colour": "red",
        "soft": False,
        "age": 3,
        "price": "1",
        "form": {"shape": "square", "side": 1},
    }


def test_a_null_that_is_not_the_default_is_written() -> None:
    rule = RULE_KINDS["join_program"]  # type: ignore[index] # a StrEnum's word finds its member
    unlimited = decode(rule, {"id": 1, "title": "Join", "points": 5, "limit": None})

    written = encode(unlimited)

    assert isinstance(written, dict)
    assert written["limit"] is None
    assert decode(rule, written) == unlimited


def test_leaves_are_found_with_their_paths() -> None:
    toy = Toy(name="Bear", parts={"ear": Cents(cents=5)}, tags=("a",), label=Text.everywhere("x"))

    found = dict(leaves(toy, "toys[0]"))

    assert found["toys[0].parts.ear.cents"] == 5
    assert found["toys[0].tags[0]"] == "a"
    assert found["toys[0].label"] == Text.everywhere("x")


@given(toy=values(Toy))
def test_what_is_written_reads_back_the_same(toy: object) -> None:
    assert decode(Toy, json.loads(json.dumps(encode(toy)))) == toy


EVERY_KIND = [*RULE_KINDS.values(), *REWARD_KINDS.values()]


@pytest.mark.parametrize("kind", EVERY_KIND, ids=lambda kind: kind.__name__)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_kind_of_rule_and_reward_survives_writing(
    kind: type[object], data: st.DataObject
) -> None:
    drawn = data.draw(values(kind))

    assert decode(kind, json.loads(json.dumps(encode(drawn)))) == drawn


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(program=values(Program))
def test_a_whole_program_survives_writing(program: object) -> None:
    assert decode(Program, json.loads(json.dumps(encode(program)))) == program


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers() | st.none(), inner, max_size=3)
    ),
    max_leaves=5,
)


def paths(part: object, here: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """List where everything in a plain document is."""
    inner: list[tuple[object, object]] = []
    if isinstance(part, dict):
        inner = list(part.items())
    elif isinstance(part, list):
        inner = list(enumerate(part))
    return [here, *(path for key, value in inner for path in paths(value, (*here, key)))]


def replaced(part: object, path: tuple[object, ...], junk: object) -> object:
    """Copy a plain document with something else in one place."""
    if not path:
        return junk
    first, rest = path[0], path[1:]
    if isinstance(part, dict):
        return {k: replaced(v, rest, junk) if k == first else v for k, v in part.items()}
    assert isinstance(part, list)
    return [replaced(v, rest, junk) if n == first else v for n, v in enumerate(part)]


def complaints(document: object) -> tuple[Problem, ...]:
    try:
        read_program(document)
    except DocumentError as refused:
        return refused.problems
    return ()


@given(path=st.sampled_from(paths(lion_rewards())), junk=JUNK)
def test_junk_anywhere_is_refused_in_words_and_never_breaks_the_reader(
    path: tuple[object, ...], junk: object
) -> None:
    for problem in complaints(replaced(lion_rewards(), path, junk)):
        assert problem.wrong
        assert problem.right
        assert str(problem).encode()
