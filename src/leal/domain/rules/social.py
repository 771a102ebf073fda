"""Rules completed on social networks, taken on trust; once for each customer by default."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

from leal.domain.constraints import Matching
from leal.domain.fields import Url
from leal.domain.offers import ONCE, Limit
from leal.domain.rules.terms import RuleKind, RuleTerms

Handle: TypeAlias = Annotated[
    str,
    Matching(r"[A-Za-z0-9._]{1,64}", "an account name without the @ such as thistle.co"),
]
Hashtag: TypeAlias = Annotated[str, Matching(r"\w{1,100}", "a hashtag without the #")]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacebookLikeRule(RuleTerms):
    """A like of the page."""

    KIND: ClassVar[RuleKind] = RuleKind.FACEBOOK_LIKE

    facebook_like_url: Url
    limit: Limit | None = ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class TwitterFollowRule(RuleTerms):
    """A follow of the account."""

    KIND: ClassVar[RuleKind] = RuleKind.TWITTER_FOLLOW

    twitter_handle: Handle
    limit: Limit | None = ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class InstagramFollowRule(RuleTerms):
    """A follow of the account."""

    KIND: ClassVar[RuleKind] = RuleKind.INSTAGRAM_FOLLOW

    instagram_handle: Handle
    limit: Limit | None = ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class InstagramMentionRule(RuleTerms):
    """A post that mentions the account, reported by an integration."""

    KIND: ClassVar[RuleKind] = RuleKind.INSTAGRAM_MENTION

    instagram_handle: Handle


@dataclass(frozen=True, slots=True, kw_only=True)
class InstagramPostHashtagRule(RuleTerms):
    """A post with the hashtag, reported by an integration."""

    KIND: ClassVar[RuleKind] = RuleKind.INSTAGRAM_POST_HASHTAG

    instagram_handle: Handle
    hashtag: Hashtag


@dataclass(frozen=True, slots=True, kw_only=True)
class TiktokFollowRule(RuleTerms):
    """A follow of the account."""

    KIND: ClassVar[RuleKind] = RuleKind.TIKTOK_FOLLOW

    tiktok_handle: Handle
    limit: Limit | None = ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class TiktokPostHashtagRule(RuleTerms):
    """A post with the hashtag, reported by an integration."""

    KIND: ClassVar[RuleKind] = RuleKind.TIKTOK_POST_HASHTAG

    hashtag: Hashtag
