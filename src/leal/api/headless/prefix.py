"""Where the paths of this API begin."""

from typing import Final

PREFIX: Final = "/headless/2025-06"
