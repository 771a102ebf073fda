"""Shoppers read money, points and times in their language, and never a formatting error."""

from datetime import timedelta
from decimal import Decimal

import pytest
from babel.dates import format_timedelta
from hypothesis import given
from hypothesis import strategies as st

from leal.api.markdown import html, plaintext
from leal.api.wording import Label, label, money, percentage, points, points_per, relative

SPOKEN = ["en", "de", "es", "fr", "it", "nl", "sv", "pt", "da", "nb", "no", "fi", "pl", "ja"]
STRANGE = ["", "xx", "zz-ZZ", "english", "e", "../..", "\0", "pt_BR_x_y_z", "🦁", "-"]


@pytest.mark.parametrize(
    ("minor", "currency", "language", "text"),
    [
        (500, "usd", "en", "$5"),
        (990, "usd", "en", "$9.90"),
        (9999, "usd", "en", "$99.99"),
        (0, "usd", "en", "$0"),
        (-500, "usd", "en", "-$5"),
        (1, "usd", "en", "$0.01"),
        (123_456_700, "usd", "en", "$1,234,567"),
        (990, "eur", "de", "9,90\xa0€"),
        (100_000, "eur", "de", "1.000\xa0€"),
        (500, "gbp", "en-GB", "£5"),
        (500, "jpy", "en", "¥500"),
        (1500, "kwd", "en", "KWD\xa01.500"),
        (2000, "kwd", "en", "KWD\xa02"),
        (500, "chf", "en", "CHF\xa05"),
        (500, "brl", "pt", "R$\xa05"),
        (500, "xyz", "xx", "XYZ\xa05"),
    ],
)
def test_whole_amounts_print_without_decimals(
    minor: int, currency: str, language: str, text: str
) -> None:
    assert money(minor, currency, language) == text


@pytest.mark.parametrize(
    ("percent", "language", "text"),
    [
        ("10", "en", "10%"),
        ("10.00", "en", "10%"),
        ("12.5", "en", "12.5%"),
        ("1E+2", "en", "100%"),
        ("0", "en", "0%"),
        ("12.50", "de", "12,5\xa0%"),
    ],
)
def test_percentages(percent: str, language: str, text: str) -> None:
    assert percentage(Decimal(percent), language) == text


@pytest.mark.parametrize(
    ("count", "language", "text"),
    [
        (0, "en", "0 points"),
        (1, "en", "1 point"),
        (-1, "en", "-1 point"),
        (1000, "en", "1,000 points"),
        (1, "de", "1 Punkt"),
        (1000, "de", "1.000 Punkte"),
        (1_000_000, "es", "1.000.000 de puntos"),
        (1, "pl", "1 punkt"),
        (22, "pl", "22 punkty"),
        (25, "pl", "25 punktów"),
        (2, "fi", "2 pistettä"),
        (1000, "ja", "1,000ポイント"),
        (1000, "pt-BR", "1.000 pontos"),
        (1000, "ar", "1,000 points"),
        (1000, "hi", "1,000 points"),
    ],
)
def test_points_agree_with_their_number(count: int, language: str, text: str) -> None:
    assert points(count, language) == text


def test_rates_read_as_one_phrase() -> None:
    assert points_per(5, money(100, "usd", "en"), "en") == "5 points per $1"
    assert points_per(1, money(100, "usd", "en"), "en") == "1 point per $1"
    assert points_per(5, money(100, "eur", "de"), "de") == "5 Punkte pro 1\xa0€"
    assert points_per(5, "{unit}", "en") == "5 points per {unit}"


@pytest.mark.parametrize(
    ("seconds", "language", "text"),
    [
        (3 * 86_400, "en", "in 3 days"),
        (3 * 86_400, "de", "in 3 Tagen"),
        (-60, "en", "1 minute ago"),
        (0, "en", "in 1 second"),
        (0.2, "en", "in 1 second"),
        (86_400, "en", "in 1 day"),
        (25 * 86_400, "en", "in 4 weeks"),  # 4 weeks by rounding, though 28 days are a month
        (340 * 86_400, "en", "in 1 year"),
        (3 * 86_400, "xx", "in 3 days"),
    ],
)
def test_distances_in_time(seconds: float, language: str, text: str) -> None:
    assert relative(seconds, language) == text


@given(st.integers(min_value=-(10**9), max_value=10**9).filter(bool))
def test_rounding_before_the_cache_changes_no_text(seconds: int) -> None:
    expected = format_timedelta(timedelta(seconds=seconds), add_direction=True, locale="en")
    assert relative(seconds, "en") == expected


@pytest.mark.parametrize("language", SPOKEN)
def test_every_spoken_language_has_every_label(language: str) -> None:
    texts = [label(kind, language, name="Gold") for kind in Label]
    assert len(set(texts)) == len(Label)
    assert "Gold" in label(Label.ENTERED_TIER, language, name="Gold")
    if language != "en":
        assert not set(texts) & {label(kind, "en", name="Gold") for kind in Label}


def test_labels_take_names_as_they_are() -> None:
    assert label(Label.POINTS_ADDED, "en") == "Points added"
    assert label(Label.ENTERED_TIER, "en", name="{name} {x} %s") == "Entered tier {name} {x} %s"


@pytest.mark.parametrize("language", STRANGE)
def test_an_unknown_language_is_english(language: str) -> None:
    assert money(990, "usd", language) == "$9.90"
    assert percentage(Decimal(10), language) == "10%"
    assert points(1000, language) == "1,000 points"
    assert points_per(5, "$1", language) == "5 points per $1"
    assert relative(-60, language) == "1 minute ago"
    assert label(Label.POINTS_EXPIRED, language) == "Points expired"


# --- what merchants write -----------------------------------------------------------------------


def test_a_plain_sentence_gains_nothing_but_its_paragraph() -> None:
    source = "Email classes@example.com to sign up to a class"
    assert plaintext(source) == "Email classes@example.com to sign up to a class\n"
    assert html(source) == "<p>Email classes@example.com to sign up to a class</p>"


def test_nothing_written_is_nothing_shown() -> None:
    assert plaintext("") == ""
    assert html("") == ""


def test_markup_becomes_html_and_leaves_plain_text() -> None:
    source = (
        "Get **early** [access](https://example.com/a)\n\n"
        "- one\n- two\n\n1. first\n\nbye & <b>bye</b>"
    )
    assert html(source) == (
        "<p>Get <strong>early</strong>"
        ' <a href="https://example.com/a" rel="noopener noreferrer">access</a></p>\n'
        "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<ol>\n<li>first</li>\n</ol>\n"
        "<p>bye &amp; <b>bye</b></p>"
    )
    assert plaintext(source) == (
        "Get early access (https://example.com/a)\n\n- one\n- two\n\n1. first\n\nbye & bye\n"
    )


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '<p style="position:fixed" onclick="x()">x</p>',
        "<iframe src=//evil.example></iframe>",
        "<svg><script>alert(1)</script></svg>",
        "<style>*{display:none}</style>",
        "![x](https://tracker.example/pixel.gif)",
        "<form action=//evil.example><input name=p></form>",
    ],
)
def test_nothing_dangerous_survives(attack: str) -> None:
    shown = html(attack).lower()
    for trace in ("<script", "<img", "<svg", "<iframe", "<style", "<form", "<input", "style="):
        assert trace not in shown
    assert 'href="javascript' not in shown
    assert 'href="data' not in shown
    assert "onclick=" not in shown
