"""How shoppers appear and become members, and what a visit earns them."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from leal.domain.change import Change, NewId, begin, with_customer, with_event, with_new_id
from leal.domain.codes import referral_id
from leal.domain.customers import Account, Customer, CustomerState, email_key
from leal.domain.program import EnrolmentMode
from leal.domain.refusals import CustomerBlocked, EmailAlreadyInUse
from leal.domain.rules.completion import complete_if_allowed
from leal.domain.rules.membership import JoinProgramRule
from leal.domain.rules.visits import PageviewRule
from leal.domain.scene import Scene
from leal.domain.sites import Channel
from leal.domain.tier_moves import place
from leal.domain.topics import ENROLLED


def new_customer(
    scene: Scene, *, merchant_id: str, email: str | None, link: str | None = None
) -> Change:
    """A guest nobody has seen before, not saved yet.

    `link` is the referral id they sent friends with before they were a customer, if they did.
    """
    customer = Customer(
        site_id=scene.site.id,
        merchant_id=merchant_id,
        email=email,
        referral_id=link or referral_id(scene.entropy),
        created_at=scene.now,
        updated_at=scene.now,
    )
    started = begin(Account(customer=customer, program_version=scene.published.version))
    return with_new_id(started, NewId(merchant_id=merchant_id, site_id=scene.site.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A shopper opens the shop, with the address they have there.

    `vouched` tells whether the shop itself says so; a shopper's own device may not give its account
    another address.
    """

    email: str
    vouched: bool = True
    page_url: str | None = None


def start_session(change: Change, scene: Scene, visit: Visit, *, email_taken: bool) -> Change:
    """A visit: enrols the shopper where joining is automatic, and counts it.

    The shop knows its customers' addresses best, so a new address replaces the stored one; an
    address that another customer of the program has is refused (EmailAlreadyInUse). A blocked
    customer is left as they are.
    """
    if email_taken:
        raise EmailAlreadyInUse
    if change.customer.state is CustomerState.BLOCKED:
        return change
    if visit.vouched and email_key(change.customer.email) != email_key(visit.email):
        change = with_customer(
            change, replace(change.customer, email=visit.email, updated_at=scene.now)
        )
    automatic = scene.program.enrolment.mode is EnrolmentMode.AUTOMATIC
    if automatic and change.customer.state is CustomerState.GUEST:
        change = join(change, scene, trigger="account_creation")
    return _visit(place(change, scene), scene, visit.page_url)


def enrol(account: Account, scene: Scene) -> Change:
    """A customer asks to join. A member already: nothing changes. Blocked: CustomerBlocked."""
    change = begin(account)
    match account.customer.state:
        case CustomerState.BLOCKED:
            raise CustomerBlocked
        case CustomerState.ENROLLED:
            return change
        case CustomerState.GUEST:
            return join(change, scene, trigger="enroll")


def join(change: Change, scene: Scene, *, trigger: str, source: str | None = None) -> Change:
    """A guest becomes a member: placed in a tier, welcomed by the rules for joining.

    `source` names the outside cause, unique in the program; the first welcome carries it.
    """
    member = replace(change.customer, enrolled_at=scene.now, updated_at=scene.now)
    change = place(with_customer(change, member), scene)
    change = with_event(
        change,
        ENROLLED,
        {"enrollment": {"date": scene.now.isoformat(), "trigger": trigger}},
        now=scene.now,
    )
    for rule in scene.program.rules:
        if isinstance(rule, JoinProgramRule):
            welcomed = complete_if_allowed(change, scene, rule, source=source)
            source = source if welcomed is change else None
            change = welcomed
    return change


def _visit(change: Change, scene: Scene, page_url: str | None) -> Change:
    """A page seen on the web, or the app opened on a mobile device; tills do not visit."""
    for rule in scene.program.rules:
        if isinstance(rule, PageviewRule) and visits(rule, scene.channel, page_url):
            change = complete_if_allowed(change, scene, rule)
    return change


def visits(rule: PageviewRule, channel: Channel, page_url: str | None) -> bool:
    """Whether opening the page on the channel is a visit of the kind that the rule is about."""
    if channel is Channel.MOBILE:
        return True
    if channel is not Channel.WEB or not page_url:
        return False
    return not rule.page_patterns or _path(page_url).startswith(rule.page_patterns)


def _path(url: str) -> str:
    """The path of an address, however malformed the rest; what cannot be read matches nothing."""
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return ""
