"""What must hold between the fields of rules and rewards, and what they refer to."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from leal.domain.document_problems import Problem
from leal.domain.offers import Offer
from leal.domain.program import Program
from leal.domain.referral_settings import DiscountIncentive
from leal.domain.rewards import Reward
from leal.domain.rewards.carts import ProductCartReward
from leal.domain.rewards.goods import FixedDiscount
from leal.domain.rewards.terms import PricedReward, RewardOverride
from leal.domain.rewards.vouchers import CartVariableDiscountVoucherReward
from leal.domain.rules import Rule
from leal.domain.rules.membership import BirthdayRule, CustomRule
from leal.domain.rules.purchases import PurchaseRule, ReferralRule, ReferralTrigger
from leal.domain.rules.terms import RuleOverride
from leal.domain.sites import SiteKind


def check_offers(program: Program) -> Iterator[Problem]:
    """List what is wrong with the rules, the rewards and the gift to referred friends."""
    for number, rule in enumerate(program.rules):
        path = f"rules[{number}]"
        yield from _check_references(path, rule, program, tiers=rule.tiers)
        yield from _check_rule(path, rule, program)
    yield from _check_custom_names(program)
    for number, reward in enumerate(program.rewards):
        path = f"rewards[{number}]"
        yield from _check_references(path, reward, program, tiers=reward.tiers)
        yield from _check_selling_sites(path, reward, program)
        yield from _check_price(path, reward)
        yield from _check_kind(path, reward)
    yield from _check_incentive(program)


def _check_references(
    path: str, offer: Offer, program: Program, *, tiers: Mapping[str, object]
) -> Iterator[Problem]:
    for place, site_id in enumerate(offer.sites):
        if program.site(site_id) is None:
            wrong = f"there is no site {site_id}"
            yield Problem(
                f"{path}.sites[{place}]", wrong, _one_of(str(site.id) for site in program.sites)
            )
        elif site_id in offer.sites[:place]:
            yield Problem(f"{path}.sites[{place}]", f"{site_id} is listed twice", "each once")
    keys = [tier.key for tier in program.tiers.tiers] if program.tiers else []
    for key in tiers:
        if not keys:
            yield Problem(f"{path}.tiers.{key}", "the program has no tiers", "nothing here")
        elif key not in keys:
            near = get_close_matches(key, keys, n=1)
            right = f"did you mean `{near[0]}`?" if near else _one_of(keys)
            yield Problem(f"{path}.tiers.{key}", "no tier has this key", right)


def _check_rule(path: str, rule: Rule, program: Program) -> Iterator[Problem]:
    yield from _check_result(path, rule, program, required=True)
    for key, override in rule.tiers.items():
        yield from _check_result(f"{path}.tiers.{key}", override, program, required=False)
    results = [(path, rule.reward)]
    results += [(f"{path}.tiers.{key}", override.reward) for key, override in rule.tiers.items()]
    for at, reward_id in results:
        reward = program.reward(reward_id) if reward_id is not None else None
        if reward_id is not None and isinstance(rule, PurchaseRule):
            wrong = "a purchase earns points for each unit of currency"
            yield Problem(f"{at}.reward", wrong, "`points`")
        if isinstance(rule, BirthdayRule) and isinstance(reward, ProductCartReward):
            wrong = "a product_cart reward needs a cart, and a birthday has none"
            yield Problem(f"{at}.reward", wrong, "a reward of another kind")
    if isinstance(rule, ReferralRule):
        yield from _check_trigger(path, rule)
    yield from _check_days(path, rule)


def _check_result(
    path: str, given: Rule | RuleOverride, program: Program, *, required: bool
) -> Iterator[Problem]:
    if given.points is not None and given.reward is not None:
        yield Problem(path, "it gives both points and a reward", "either `points` or `reward`")
    if required and given.points is None and given.reward is None:
        yield Problem(path, "it gives nothing", "either `points` or `reward`")
    if given.reward is not None:
        yield from check_gift(f"{path}.reward", given.reward, program)


def check_gift(path: str, reward_id: int, program: Program) -> Iterator[Problem]:
    """What is given without being bought must exist, and be worth something without a choice."""
    reward = program.reward(reward_id)
    if reward is None:
        known = _one_of(str(each.id) for each in program.rewards)
        yield Problem(path, f"there is no reward {reward_id}", known)
    elif isinstance(reward, CartVariableDiscountVoucherReward):
        wrong = "the customer chooses the amount of this reward, so nothing else can give it"
        yield Problem(path, wrong, "a reward of another kind")


def _check_trigger(path: str, rule: ReferralRule) -> Iterator[Problem]:
    qualifying = rule.trigger is ReferralTrigger.QUALIFYING_PURCHASE
    if qualifying and rule.minimum_spend is None:
        wrong = "trigger qualifying_purchase needs it"
        yield Problem(f"{path}.minimum_spend", wrong, "what a qualifying order comes to")
    if not qualifying and rule.minimum_spend is not None:
        wrong = "trigger any_purchase has no use for it"
        yield Problem(f"{path}.minimum_spend", wrong, "nothing, or trigger qualifying_purchase")


def _check_days(path: str, rule: Rule) -> Iterator[Problem]:
    opens, closes = rule.opens_on, rule.closes_on
    if opens is not None and closes is not None and closes < opens:
        wrong = f"{closes} is before it opens on {opens}"
        yield Problem(f"{path}.closes_on", wrong, f"{opens} or a later day")


def _check_custom_names(program: Program) -> Iterator[Problem]:
    """A custom activity arrives by its name, which has to lead to one rule on each site."""
    customs = [
        (number, rule) for number, rule in enumerate(program.rules) if isinstance(rule, CustomRule)
    ]
    for place, (number, rule) in enumerate(customs):
        for earlier, other in customs[:place]:
            shared = any(rule.on_site(s.id) and other.on_site(s.id) for s in program.sites)
            if rule.name == other.name and shared:
                wrong = f"rules[{earlier}] has this name on the same site"
                yield Problem(f"rules[{number}].name", wrong, "a name of its own, or other sites")
                break


def _check_selling_sites(path: str, reward: Reward, program: Program) -> Iterator[Problem]:
    for place, site_id in enumerate(reward.sites):
        site = program.site(site_id)
        if site is not None and site.kind is SiteKind.CONTENT:
            wrong = f"site {site_id} is a content site, where nothing can be redeemed"
            yield Problem(f"{path}.sites[{place}]", wrong, "an ecommerce or pos site")


def _check_price(path: str, reward: Reward) -> Iterator[Problem]:
    if isinstance(reward, PricedReward) and reward.cost is None and not reward.trigger_only:
        right = "a price in points, or `trigger_only: true`"
        yield Problem(f"{path}.cost", "this key is missing", right)
    unused = "cost" if isinstance(reward, CartVariableDiscountVoucherReward) else "points_per_unit"
    for key, override in reward.tiers.items():
        if _price(override, unused) is not None:
            wrong = f"a {reward.KIND} reward has no {unused}"
            right = "cost" if unused == "points_per_unit" else "points_per_unit"
            yield Problem(f"{path}.tiers.{key}.{unused}", wrong, f"`{right}`")


def _price(override: RewardOverride, name: str) -> int | None:
    return override.cost if name == "cost" else override.points_per_unit


def _check_kind(path: str, reward: Reward) -> Iterator[Problem]:
    match reward:
        case CartVariableDiscountVoucherReward():
            if reward.trigger_only:
                wrong = "the customer chooses the amount, so nothing else can give it"
                yield Problem(f"{path}.trigger_only", wrong, "false")
            if reward.minimum_discount > reward.maximum_discount:
                wrong = f"it is below the minimum of {reward.minimum_discount}"
                yield Problem(f"{path}.maximum_discount", wrong, "the minimum or more")
        case ProductCartReward():
            ids = [variant.id for variant in reward.product.variants]
            if not ids:
                wrong = "the customer has nothing to pick"
                yield Problem(f"{path}.product.variants", wrong, "at least one variant")
            for place, variant_id in enumerate(ids):
                if variant_id in ids[:place]:
                    at = f"{path}.product.variants[{place}].id"
                    yield Problem(at, f"{variant_id} is listed twice", "each variant once")
        case _:
            return


def _check_incentive(program: Program) -> Iterator[Problem]:
    incentive = program.referrals.incentive if program.referrals else None
    if isinstance(incentive, DiscountIncentive) and incentive.maximum_discount is not None:
        discount = incentive.discount
        if isinstance(discount, FixedDiscount) and discount.amount > incentive.maximum_discount:
            wrong = f"the discount of {discount.amount} is above it"
            right = f"at least {discount.amount}"
            yield Problem("referrals.incentive.maximum_discount", wrong, right)


def _one_of(words: Iterable[str]) -> str:
    listed = ", ".join(words)
    return f"one of: {listed}" if listed else "nothing, for there is none"
