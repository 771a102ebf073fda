"""The words of the loyalty page: every language says everything, with the same places to fill."""

import re

import pytest

from leal.domain import refusals
from leal.web.webview_languages import LANGUAGES
from leal.web.webview_words import Word, accepted, say, spoken, why_not


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_everything(language: str) -> None:
    words = LANGUAGES[language]
    assert set(words) == set(Word)
    for word in Word:
        places = re.findall(r"\{\w+\}", LANGUAGES["en"][word])
        assert sorted(re.findall(r"\{\w+\}", words[word])) == sorted(places), word
        assert words[word].strip() == words[word] != ""


def test_there_are_seven_languages() -> None:
    assert set(LANGUAGES) == {"en", "de", "fr", "es", "it", "nl", "sv"}


def test_other_languages_are_read_in_english() -> None:
    assert [spoken(each) for each in ("de-AT", "FR", "pt-BR", "")] == ["de", "fr", "en", "en"]
    assert say(Word.HELLO, "ja", of={"name": "{tier}"}) == "Hello, {tier}"


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("pt,sv;q=0.8,de;q=0.1", "sv"), ("de-DE,de;q=0.9", "de"), (";;,*", "en")],
)
def test_the_language_of_a_browser(header: str, language: str) -> None:
    assert accepted(header) == language


def test_refusals_are_told_by_their_names() -> None:
    names = {name for name in dir(refusals) if why_not(name) is not Word.NOT_NOW}
    assert {"InsufficientPoints", "RewardOutOfStock", "InvalidDiscount"} <= names
    assert why_not("VoucherNotMade") is Word.NOT_MADE
    assert why_not("SomethingNew") is Word.NOT_NOW
