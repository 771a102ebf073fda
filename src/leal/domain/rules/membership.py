"""Rules completed by being a member: joining, birthdays, newsletters, reviews, and your own."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from leal.domain.constraints import Matching
from leal.domain.offers import ONCE, ONCE_A_YEAR, Limit
from leal.domain.rules.terms import Approval, RuleKind, RuleTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinProgramRule(RuleTerms):
    """Enrolment; once for each e-mail address in the whole program."""

    KIND: ClassVar[RuleKind] = RuleKind.JOIN_PROGRAM

    limit: Limit | None = ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class BirthdayRule(RuleTerms):
    """The customer's birthday, once a year and in the whole program, whatever sites it names."""

    KIND: ClassVar[RuleKind] = RuleKind.BIRTHDAY

    limit: Limit | None = ONCE_A_YEAR

    def on_site(self, site_id: int) -> bool:  # noqa: ARG002 - birthdays belong to no site
        """It is on every site."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterSignupRule(RuleTerms):
    """Consent to marketing by e-mail, given for the first time."""

    KIND: ClassVar[RuleKind] = RuleKind.NEWSLETTER_SIGNUP

    limit: Limit | None = ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRule(RuleTerms):
    """A product review, pending until it has been moderated."""

    KIND: ClassVar[RuleKind] = RuleKind.REVIEW

    approval: Approval = Approval.TRIGGER


@dataclass(frozen=True, slots=True, kw_only=True)
class LoyaltyPassInstallRule(RuleTerms):
    """A loyalty pass put into the phone's wallet."""

    KIND: ClassVar[RuleKind] = RuleKind.LOYALTY_PASS_INSTALL

    limit: Limit | None = ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRule(RuleTerms):
    """Something the merchant's own program reports under `name`."""

    KIND: ClassVar[RuleKind] = RuleKind.CUSTOM

    name: Annotated[
        str,
        Matching(r"[A-Za-z0-9_-]{1,64}", "a name of letters, digits, _ and - such as beta_test"),
    ]
