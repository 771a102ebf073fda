"""Rules completed by going somewhere: a page of the shop, or a link out of it."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

from leal.domain.constraints import Matching
from leal.domain.fields import Url
from leal.domain.rules.terms import RuleKind, RuleTerms

PagePath: TypeAlias = Annotated[
    str,
    Matching(r"/[^\s?#]{0,1023}", "the beginning of a page's path such as /sale"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageviewRule(RuleTerms):
    """A visit to a page whose path begins with one of the patterns; with none, to any page."""

    KIND: ClassVar[RuleKind] = RuleKind.PAGEVIEW

    page_patterns: tuple[PagePath, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickthroughRule(RuleTerms):
    """A click on a link to the destination."""

    KIND: ClassVar[RuleKind] = RuleKind.CLICKTHROUGH

    destination_url: Url
