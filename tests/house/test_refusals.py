"""Every reason to say no has its words in each dialect, and codes are told apart."""

import pytest

from leal.api.admin.errors import REFUSALS as ADMIN
from leal.api.headless.errors import REFUSALS as HEADLESS
from leal.domain import refusals
from leal.domain.refusals import Refusal

KINDS = tuple(
    kind
    for kind in vars(refusals).values()
    if isinstance(kind, type) and issubclass(kind, Refusal) and kind is not Refusal
)


@pytest.mark.parametrize("table", [HEADLESS, ADMIN], ids=["headless", "admin"])
def test_a_dialect_has_words_for_every_refusal(table: dict[type[Refusal], tuple[str, str]]) -> None:
    assert set(KINDS) == set(table)
    own = [kind for kind in table if kind.__base__ is Refusal]
    assert len({table[kind][0] for kind in own}) == len(own)
    assert all(message for _, message in table.values())


@pytest.mark.parametrize("table", [HEADLESS, ADMIN], ids=["headless", "admin"])
def test_a_closer_reason_has_the_code_of_the_wider_one(
    table: dict[type[Refusal], tuple[str, str]],
) -> None:
    for kind in KINDS:
        wider = kind.__base__
        if wider is not Refusal:
            assert wider is not None
            assert issubclass(wider, Refusal)
            assert table[kind][0] == table[wider][0]
