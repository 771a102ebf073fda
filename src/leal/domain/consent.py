"""Consent to marketing by e-mail, and the rule that rewards giving it."""

from dataclasses import replace

from leal.domain.change import Change, begin, with_customer
from leal.domain.customers import Account, Consent, CustomerState
from leal.domain.refusals import CustomerBlocked, CustomerNotEnrolled
from leal.domain.rules.completion import complete_if_allowed
from leal.domain.rules.membership import NewsletterSignupRule
from leal.domain.scene import Scene


def may_subscribe(account: Account) -> bool:
    """Whether there is anything to do; raises CustomerBlocked or CustomerNotEnrolled."""
    match account.customer.state:
        case CustomerState.BLOCKED:
            raise CustomerBlocked
        case CustomerState.GUEST:
            raise CustomerNotEnrolled
        case CustomerState.ENROLLED:
            return account.customer.email_consent is not Consent.SUBSCRIBED


def subscribe(account: Account, scene: Scene) -> Change:
    """Records that the provider subscribed the customer, and completes newsletter rules.

    A customer who was subscribed already changes nothing and earns nothing.
    """
    change = begin(account)
    if not may_subscribe(account):
        return change
    customer = replace(account.customer, email_consent=Consent.SUBSCRIBED, updated_at=scene.now)
    change = with_customer(change, customer)
    for rule in scene.program.rules:
        if isinstance(rule, NewsletterSignupRule):
            change = complete_if_allowed(change, scene, rule)
    return change
