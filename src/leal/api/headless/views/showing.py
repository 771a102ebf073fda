"""What documents are made from."""

from dataclasses import dataclass

from leal.api.headless.views.values import Idiom
from leal.domain.carts import Cart
from leal.domain.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What a document is made from: the scene, the cart if one was sent, and where links lead."""

    scene: Scene
    public_url: str
    cart: Cart | None = None

    @property
    def idiom(self) -> Idiom:
        """The money of the site, and the language asked for."""
        return Idiom(self.scene.site.currency, self.scene.language)
