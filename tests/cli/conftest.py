"""The command on a fresh database."""

from pathlib import Path

import pytest

from tests.cli.command import Leal


@pytest.fixture
def leal(database_url: str, tmp_path: Path) -> Leal:
    return Leal(database_url=database_url, folder=tmp_path)
