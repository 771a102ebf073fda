"""What people and keys do by hand, as the audit log keeps it: who, what, about whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

INSTALLATION = 0
"""Stands for the program where a deed concerns no single one, as signing in does."""

Fact = str | int | bool | None


class ActorKind(StrEnum):
    """By what somebody was recognised; the command line by the account of the machine."""

    OPERATOR = "operator"
    API_KEY = "api_key"
    OAUTH = "oauth"
    SITE = "site"
    COMMAND_LINE = "command_line"
    UNKNOWN = "unknown"


class Action(StrEnum):
    """What was done."""

    PROGRAM_APPLIED = "program.applied"
    KEY_CREATED = "key.created"
    KEY_REVOKED = "key.revoked"
    OPERATOR_CREATED = "operator.created"
    OPERATOR_DISABLED = "operator.disabled"
    OPERATOR_ENABLED = "operator.enabled"
    OPERATOR_PASSWORD_SET = "operator.password_set"  # noqa: S105 - a name, no password
    SIGNED_IN = "operator.signed_in"
    SIGN_IN_FAILED = "operator.sign_in_failed"
    SIGNED_OUT = "operator.signed_out"
    APP_CREATED = "oauth_app.created"
    APP_SECRET_ROTATED = "oauth_app.secret_rotated"  # noqa: S105 - a name, no secret
    APP_REVOKED = "oauth_app.revoked"
    CONSENT_GIVEN = "oauth.consent_given"
    CONSENT_DENIED = "oauth.consent_denied"
    TOKEN_ISSUED = "oauth.token_issued"  # noqa: S105 - a name, no token
    TOKEN_REVOKED = "oauth.token_revoked"  # noqa: S105 - a name, no token
    SITE_ROTATED = "site.rotated"
    CLOCK_ADVANCED = "clock.advanced"
    CODES_ADDED = "codes.added"
    CODES_REMOVED = "codes.removed"
    REWARD_ENABLED = "reward.enabled"
    REWARD_DISABLED = "reward.disabled"
    POINTS_ADDED = "customer.points_added"
    POINTS_REMOVED = "customer.points_removed"
    CUSTOMER_UPDATED = "customer.updated"
    CUSTOMER_BLOCKED = "customer.blocked"
    CUSTOMER_UNBLOCKED = "customer.unblocked"
    TIER_MOVED = "customer.tier_moved"
    REWARD_CLAIMED = "customer.reward_claimed"
    CLAIM_REFUNDED = "customer.claim_refunded"
    CLAIM_FULFILLED = "customer.claim_fulfilled"
    CUSTOMER_EXPORTED = "customer.exported"
    CUSTOMER_ERASED = "customer.erased"
    CUSTOMERS_MERGED = "customer.merged"
    MERGE_UNDONE = "customer.merge_undone"


class Subject(StrEnum):
    """What kind of thing a deed was about."""

    PROGRAM = "program"
    SITE = "site"
    KEY = "key"
    OPERATOR = "operator"
    APP = "oauth_app"
    REWARD = "reward"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it. `request_id` is that of the HTTP request it came with."""

    kind: ActorKind
    id: str
    name: str
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing done by hand.

    `about_id` is leal's own id, never a merchant's id or an address: the log outlives erasure. For
    a change of a customer it may stay None; the saved customer's id is put in. `facts` hold no
    secrets and nothing personal.
    """

    by: Actor
    action: Action
    about: Subject | None = None
    about_id: int | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
