"""Money, percentages, points and times as shoppers read them, in a site's language.

`language` is an ISO 639-1 code, with a region or script if need be ("pt-BR"); one nobody knows is
treated as English, never an error. Numbers and money follow CLDR through Babel in every language;
our own sentences exist in the languages of `_WORDS` and are English elsewhere. Results are cached,
because formatting one costs some 15 µs and a customer's page shows dozens of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import TIMEDELTA_UNITS, format_date, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol

from leal.domain.money import from_minor, minor_digits

_CACHED_TEXTS: Final = 8_192
_NEXT_UNIT_FROM: Final = 0.85


class Label(StrEnum):
    """Rows of a customer's history that no rule or reward gives a title to."""

    POINTS_ADDED = "points_added"
    POINTS_REMOVED = "points_removed"
    POINTS_EXPIRED = "points_expired"
    ENTERED_TIER = "entered_tier"


@lru_cache(maxsize=_CACHED_TEXTS)
def money(minor: int, currency: str, language: str) -> str:
    """An amount of smallest units: "$5", "$9.90", "9,90 €", "¥500"; whole ones without decimals.

    Spaces are the no-break spaces of the language's own convention.
    """
    locale = _locale(language)
    digits = minor_digits(currency)
    pattern: str = locale.currency_formats["standard"].pattern
    pattern = pattern.replace(".00", f".{'0' * digits}" if minor % 10**digits else "")
    if get_currency_symbol(currency.upper(), locale=locale)[-1].isalpha():
        pattern = pattern.replace("¤#", "¤\xa0#")  # "CHF 5", yet "$5"
    return format_currency(
        from_minor(minor, currency),
        currency.upper(),
        format=pattern,
        locale=locale,
        currency_digits=False,
    )


@lru_cache(maxsize=_CACHED_TEXTS)
def percentage(percent: Decimal, language: str) -> str:
    """A percentage given in percent: 10 is "10%", 12.5 is "12.5%"."""
    return format_percent(
        percent.normalize() / 100, locale=_locale(language), decimal_quantization=False
    )


@lru_cache(maxsize=_CACHED_TEXTS)
def points(count: int, language: str) -> str:
    """A number of points: "1 point", "1,000 points", "-5 points"."""
    locale, words = _speech(language)
    number = format_decimal(count, locale=locale)
    form: str = locale.plural_form(abs(count))
    word = words.points.get(form) or words.points["other"]
    return f"{number}{words.gap}{word}"


@lru_cache(maxsize=_CACHED_TEXTS)
def points_per(count: int, unit: str, language: str) -> str:
    """A rate of points to money, `unit` being money already formatted: "5 points per $1"."""
    _, words = _speech(language)
    return words.rate.format(points=points(count, language), unit=unit)


def relative(seconds: float, language: str) -> str:
    """How far off a moment is, as "in 3 days" (positive seconds) or "1 minute ago" (negative)."""
    distance = abs(seconds)
    for unit, size in TIMEDELTA_UNITS:
        count = distance / size
        if count >= _NEXT_UNIT_FROM or unit == "second":
            return _relative(max(1, round(count)) * size, language, future=seconds >= 0)
    raise AssertionError("seconds are the last unit")


@lru_cache(maxsize=_CACHED_TEXTS)
def day(on: date, language: str) -> str:
    """A day: "Jun 10, 2025", "10.06.2025"."""
    return format_date(on, format="medium", locale=_locale(language))


@lru_cache(maxsize=_CACHED_TEXTS)
def label(kind: Label, language: str, *, name: str = "") -> str:
    """A history row's label; `name` is the tier's for ENTERED_TIER."""
    _, words = _speech(language)
    return words.labels[kind].replace("{name}", name)


@lru_cache(maxsize=_CACHED_TEXTS)
def _relative(seconds: int, language: str, *, future: bool) -> str:
    return format_timedelta(
        seconds if future else -seconds,
        threshold=1,  # already rounded to its unit
        add_direction=True,
        locale=_locale(language),
    )


@lru_cache(maxsize=1_024)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale.parse("en")


def _speech(language: str) -> tuple[Locale, "_Words"]:
    """The locale of our own sentences: English for a language that has none, numbers included."""
    locale = _locale(language)
    words = _WORDS.get(locale.language)
    return (_locale("en"), _WORDS["en"]) if words is None else (locale, words)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """One language: the word for points by CLDR plural form, the rate, the labels."""

    points: Mapping[str, str]
    rate: str
    labels: Mapping[Label, str]
    gap: str = " "


def _labels(added: str, removed: str, *, expired: str, entered: str) -> Mapping[Label, str]:
    return {
        Label.POINTS_ADDED: added,
        Label.POINTS_REMOVED: removed,
        Label.POINTS_EXPIRED: expired,
        Label.ENTERED_TIER: entered,
    }


_NORWEGIAN: Final = _Words(
    points={"other": "poeng"},
    rate="{points} per {unit}",
    labels=_labels(
        "Poeng lagt til",
        "Poeng fjernet",
        expired="Poeng utløpt",
        entered="Nådde nivået {name}",
    ),
)

_WORDS: Final[Mapping[str, _Words]] = {
    "en": _Words(
        points={"one": "point", "other": "points"},
        rate="{points} per {unit}",
        labels=_labels(
            "Points added",
            "Points removed",
            expired="Points expired",
            entered="Entered tier {name}",
        ),
    ),
    "de": _Words(
        points={"one": "Punkt", "other": "Punkte"},
        rate="{points} pro {unit}",
        labels=_labels(
            "Punkte hinzugefügt",
            "Punkte abgezogen",
            expired="Punkte verfallen",
            entered="Stufe {name} erreicht",
        ),
    ),
    "es": _Words(
        points={"one": "punto", "many": "de puntos", "other": "puntos"},
        rate="{points} por {unit}",
        labels=_labels(
            "Puntos añadidos",
            "Puntos retirados",
            expired="Puntos caducados",
            entered="Nivel {name} alcanzado",
        ),
    ),
    "fr": _Words(
        points={"one": "point", "many": "de points", "other": "points"},
        rate="{points} par {unit}",
        labels=_labels(
            "Points ajoutés",
            "Points retirés",
            expired="Points expirés",
            entered="Niveau {name} atteint",
        ),
    ),
    "it": _Words(
        points={"one": "punto", "many": "di punti", "other": "punti"},
        rate="{points} per {unit}",
        labels=_labels(
            "Punti aggiunti",
            "Punti rimossi",
            expired="Punti scaduti",
            entered="Livello {name} raggiunto",
        ),
    ),
    "nl": _Words(
        points={"one": "punt", "other": "punten"},
        rate="{points} per {unit}",
        labels=_labels(
            "Punten toegevoegd",
            "Punten verwijderd",
            expired="Punten verlopen",
            entered="Niveau {name} bereikt",
        ),
    ),
    "sv": _Words(
        points={"other": "poäng"},
        rate="{points} per {unit}",
        labels=_labels(
            "Poäng tillagda",
            "Poäng borttagna",
            expired="Poäng förfallna",
            entered="Nådde nivån {name}",
        ),
    ),
    "pt": _Words(
        points={"one": "ponto", "many": "de pontos", "other": "pontos"},
        rate="{points} por {unit}",
        labels=_labels(
            "Pontos adicionados",
            "Pontos removidos",
            expired="Pontos expirados",
            entered="Nível {name} alcançado",
        ),
    ),
    "da": _Words(
        points={"other": "point"},
        rate="{points} pr. {unit}",
        labels=_labels(
            "Point tilføjet",
            "Point fjernet",
            expired="Point udløbet",
            entered="Nåede niveauet {name}",
        ),
    ),
    "nb": _NORWEGIAN,
    "no": _NORWEGIAN,
    "fi": _Words(
        points={"one": "piste", "other": "pistettä"},
        rate="{points} / {unit}",
        labels=_labels(
            "Pisteitä lisätty",
            "Pisteitä poistettu",
            expired="Pisteitä vanhentunut",
            entered="Saavutti tason {name}",
        ),
    ),
    "pl": _Words(
        points={"one": "punkt", "few": "punkty", "many": "punktów", "other": "punktu"},
        rate="{points} za {unit}",
        labels=_labels(
            "Dodano punkty",
            "Odjęto punkty",
            expired="Punkty wygasły",
            entered="Osiągnięto poziom {name}",
        ),
    ),
    "ja": _Words(
        points={"other": "ポイント"},
        rate="{unit}につき{points}",
        labels=_labels(
            "ポイント追加",
            "ポイント減算",
            expired="ポイント失効",
            entered="{name}ランクに到達",
        ),
        gap="",
    ),
}
