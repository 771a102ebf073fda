"""The registry of rule kinds: the union of their classes, and the class of each kind."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias, get_args

from leal.domain.rules.membership import (
    BirthdayRule,
    CustomRule,
    JoinProgramRule,
    LoyaltyPassInstallRule,
    NewsletterSignupRule,
    ReviewRule,
)
from leal.domain.rules.purchases import (
    CollectionPurchaseRule,
    ProductPurchaseRule,
    PurchaseRule,
    ReferralRule,
    RetailPurchaseRule,
)
from leal.domain.rules.social import (
    FacebookLikeRule,
    InstagramFollowRule,
    InstagramMentionRule,
    InstagramPostHashtagRule,
    TiktokFollowRule,
    TiktokPostHashtagRule,
    TwitterFollowRule,
)
from leal.domain.rules.terms import RuleKind, RuleTerms
from leal.domain.rules.visits import ClickthroughRule, PageviewRule

Rule: TypeAlias = (
    BirthdayRule
    | LoyaltyPassInstallRule
    | CollectionPurchaseRule
    | NewsletterSignupRule
    | PageviewRule
    | ProductPurchaseRule
    | PurchaseRule
    | JoinProgramRule
    | ReviewRule
    | CustomRule
    | FacebookLikeRule
    | TwitterFollowRule
    | InstagramFollowRule
    | InstagramMentionRule
    | InstagramPostHashtagRule
    | TiktokFollowRule
    | TiktokPostHashtagRule
    | ReferralRule
    | ClickthroughRule
    | RetailPurchaseRule
)

RULE_KINDS: Mapping[RuleKind, type[RuleTerms]] = MappingProxyType(
    {rule.KIND: rule for rule in get_args(Rule)},
)
