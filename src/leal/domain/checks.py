"""Reading a program document: the types, then everything that spans several fields."""

import math
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from difflib import get_close_matches
from typing import Protocol

from leal.domain.document_problems import DocumentError, Problem, show
from leal.domain.documents import decode, leaves
from leal.domain.money import minor_digits, to_minor
from leal.domain.offer_checks import check_offers
from leal.domain.program import ExpiryMode, Program
from leal.domain.rules.purchases import ReferralRule
from leal.domain.sites import Site
from leal.domain.texts import Text
from leal.domain.tier_checks import check_month_day, check_tiers

MINIMUM_CODE_BITS = 40
"""Codes with less chance in them could be guessed at a checkout."""


def read_program(value: object) -> Program:
    """Read a plain document (from YAML or JSON) as a program that is sound as a whole.

    Raises DocumentError with every problem: first those of form, and when there are none, those
    between fields.
    """
    program = decode(Program, value)
    problems = check(program)
    if problems:
        raise DocumentError(problems)
    return program


def check(program: Program) -> tuple[Problem, ...]:
    """List what is wrong between the fields of a program; nothing when it can be published."""
    return tuple(problem for part in _CHECKS for problem in part(program))


def _check_ids(program: Program) -> Iterator[Problem]:
    """Ids name things forever, so within a list each is used once."""
    yield from _check_unique("sites", program.sites)
    yield from _check_unique("rules", program.rules)
    yield from _check_unique("rewards", program.rewards)
    if program.tiers:
        yield from _check_unique("tiers.tiers", program.tiers.tiers)
        yield from _check_unique("tiers.benefits", program.tiers.benefits)


class _Identified(Protocol):
    @property
    def id(self) -> int: ...


def _check_unique(path: str, things: Iterable[_Identified]) -> Iterator[Problem]:
    first: dict[int, int] = {}
    for number, thing in enumerate(things):
        if thing.id in first:
            wrong = f"{thing.id} is already the id of {path}[{first[thing.id]}]"
            yield Problem(f"{path}[{number}].id", wrong, "an id of its own, never used before")
        first.setdefault(thing.id, number)


def _check_sites(program: Program) -> Iterator[Problem]:
    primaries = [number for number, site in enumerate(program.sites) if site.primary]
    if len(program.sites) > 1 and not primaries:
        yield Problem("sites", "none of them is primary", "`primary: true` on exactly one site")
    for number in primaries[1:]:
        wrong = f"sites[{primaries[0]}] is primary already"
        yield Problem(f"sites[{number}].primary", wrong, "false, for there can be only one")
    for number, site in enumerate(program.sites):
        yield from _check_repeats(f"sites[{number}].languages", site.languages)
        yield from _check_repeats(f"sites[{number}].channels", site.channels)


def _check_repeats(path: str, words: tuple[str, ...]) -> Iterator[Problem]:
    for number, word in enumerate(words):
        if word in words[:number]:
            yield Problem(f"{path}[{number}]", f"{show(word)} is listed twice", "each of them once")


def _check_languages(program: Program) -> Iterator[Problem]:
    """A text in a language that no site speaks would never be read: most likely a slip."""
    known = sorted({language for site in program.sites for language in site.languages})
    bases = {language.partition("-")[0] for language in known}
    for path, part in leaves(program):
        if isinstance(part, Text):
            for language in part.languages:
                if language not in known and language not in bases:
                    near = get_close_matches(language, known, n=1)
                    right = f"did you mean `{near[0]}`?" if near else f"one of: {', '.join(known)}"
                    yield Problem(f"{path}.{language}", "no site has this language", right)


def _check_amounts(program: Program) -> Iterator[Problem]:
    """An amount must be payable in the currency of every site it is used on."""
    for name, things in (("rules", program.rules), ("rewards", program.rewards)):
        for number, thing in enumerate(things):
            sites = [site for site in program.sites if thing.on_site(site.id)]
            yield from _check_digits(f"{name}[{number}]", thing, sites)
    if program.referrals:
        yield from _check_digits("referrals", program.referrals, program.sites)


def _check_digits(path: str, thing: object, sites: Iterable[Site]) -> Iterator[Problem]:
    currencies = {site.currency for site in sites}
    if not currencies:
        return
    coarsest = min(sorted(currencies), key=minor_digits)
    digits = minor_digits(coarsest)
    right = f"at most {digits} digits after the point" if digits else "a whole amount"
    for at, part in leaves(thing, path):
        if isinstance(part, Decimal) and not _payable(part, coarsest):
            yield Problem(at, f"{part} cannot be paid in {coarsest}", right)


def _payable(amount: Decimal, currency: str) -> bool:
    try:
        to_minor(amount, currency)
    except ValueError:
        return False
    return True


def _check_expiry(program: Program) -> Iterator[Problem]:
    expiry = program.expiry
    if expiry is None:
        return
    yearly = expiry.mode is ExpiryMode.CALENDAR
    needed, other = ("yearly_on", "months") if yearly else ("months", "yearly_on")
    if getattr(expiry, needed) is None:
        right = "a month and day" if yearly else "a number of months"
        yield Problem(f"expiry.{needed}", f"mode {expiry.mode} needs it", right)
    if getattr(expiry, other) is not None:
        yield Problem(f"expiry.{other}", f"mode {expiry.mode} has no use for it", "nothing")
    if expiry.grace_months and not yearly:
        yield Problem("expiry.grace_months", f"mode {expiry.mode} has no use for it", "nothing")
    if expiry.yearly_on:
        yield from check_month_day("expiry.yearly_on", expiry.yearly_on)


def _check_codes(program: Program) -> Iterator[Problem]:
    codes = program.codes
    different = len(set(codes.alphabet))
    if different < len(codes.alphabet):
        wrong = "a character is in it twice"
        yield Problem("codes.alphabet", wrong, "different letters and digits")
    bits = math.log2(different) * codes.length
    if bits < MINIMUM_CODE_BITS:
        length = math.ceil(MINIMUM_CODE_BITS / math.log2(different)) if different > 1 else 0
        right = f"at least {length} with this alphabet" if length else "a longer alphabet"
        yield Problem("codes.length", f"codes of {int(bits)} bits can be guessed", right)


def _check_referrals(program: Program) -> Iterator[Problem]:
    """Without the section nobody gets a link, so a rule about referrals would never fire."""
    for number, rule in enumerate(program.rules):
        if isinstance(rule, ReferralRule) and rule.enabled and program.referrals is None:
            wrong = "it can never be completed: the program has no referrals"
            yield Problem(f"rules[{number}]", wrong, "a section `referrals`, or `enabled: false`")


_CHECKS: tuple[Callable[[Program], Iterable[Problem]], ...] = (
    _check_ids,
    _check_sites,
    check_tiers,
    check_offers,
    _check_languages,
    _check_amounts,
    _check_expiry,
    _check_referrals,
    _check_codes,
)
