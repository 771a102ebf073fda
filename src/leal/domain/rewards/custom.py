"""Rewards the merchant fulfils: by hand, through a webhook, or with codes of their own."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from leal.domain.constraints import SECURE_ADDRESS, Length
from leal.domain.fields import Description
from leal.domain.rewards.terms import PricedReward, RewardKind


class FulfillmentKind(StrEnum):
    """Who sees to it that the customer gets the reward."""

    MANUAL = "manual"
    WEBHOOK = "webhook"
    VOUCHER = "voucher"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualFulfillment:
    """Someone does it and marks the claim as done."""

    TAG: ClassVar[str] = "kind"
    KIND: ClassVar[FulfillmentKind] = FulfillmentKind.MANUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFulfillment:
    """The merchant's server is called, again and again until it accepts."""

    TAG: ClassVar[str] = "kind"
    KIND: ClassVar[FulfillmentKind] = FulfillmentKind.WEBHOOK

    url: Annotated[str, Length(1, 2048), SECURE_ADDRESS]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherFulfillment:
    """A code is handed out at once; the reward's `codes` say where it comes from."""

    TAG: ClassVar[str] = "kind"
    KIND: ClassVar[FulfillmentKind] = FulfillmentKind.VOUCHER


Fulfillment: TypeAlias = ManualFulfillment | WebhookFulfillment | VoucherFulfillment


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomReward(PricedReward):
    """Anything else; `fulfilment_explanation` tells the customer what happens next."""

    KIND: ClassVar[RewardKind] = RewardKind.CUSTOM

    fulfillment: Fulfillment = ManualFulfillment()
    fulfilment_explanation: Description | None = None
