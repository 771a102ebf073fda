"""A shopper's cart, as far as rewards look at it."""

from dataclasses import dataclass
from enum import StrEnum

FREE_PRODUCT_KEY = "__lion_sfp_id"
"""The attribute that marks a line as the free product of a claimed reward."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """One line; `total_minor` in minor units of the cart's currency.

    `redemption_id` marks a free product, which counts neither to the total nor to the quantity.
    """

    id: str
    merchandise_id: str
    quantity: int
    total_minor: int
    redemption_id: str | None = None
    attributes: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """A cart; an empty one has neither an id nor lines."""

    id: str | None = None
    total_minor: int = 0
    lines: tuple[CartLine, ...] = ()

    @property
    def paid_total_minor(self) -> int:
        """What the shopper pays for products, in minor units."""
        free = sum(line.total_minor for line in self.lines if line.redemption_id)
        return max(0, self.total_minor - free)

    @property
    def paid_quantity(self) -> int:
        """How many products the shopper pays for."""
        return sum(line.quantity for line in self.lines if not line.redemption_id)

    def line_of(self, redemption_id: str | None) -> CartLine | None:
        """The line that holds the free product of a redemption."""
        if redemption_id is None:
            return None
        return next((line for line in self.lines if line.redemption_id == redemption_id), None)


class RemovalReason(StrEnum):
    """Why a free product has to leave the cart."""

    EXPIRED = "redemption_expired"
    REQUIREMENTS_NOT_MET = "redemption_cart_requirements_not_met"


@dataclass(frozen=True, slots=True, kw_only=True)
class CartAction:
    """Something the shop should do with the cart: remove this line, whose product is not free."""

    reason: RemovalReason
    line: CartLine
