"""The map of the house is true."""

from tests.house.map import MAP, drawn


def test_the_map_shows_the_house_as_it_stands() -> None:
    assert MAP.read_text(encoding="utf-8") == drawn(), "run `make docs`"
