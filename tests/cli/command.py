"""Runs `leal` commands in this process, with an environment of their own."""

import json
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from leal.cli.main import app

SITE = {"id": 1, "name": "Shop", "url": "https://shop.example", "currency": "usd"}
DOCUMENT = {"name": "Acme", "sites": [{**SITE, "languages": ["en"]}]}


@dataclass(frozen=True)
class Leal:
    """The command on one database."""

    database_url: str
    folder: Path

    def run(self, *words: str) -> str:
        """Run a command that must work; returns its standard output."""
        result = CliRunner().invoke(app, words, env=self.environ())
        assert result.exit_code == 0, result.output
        return result.stdout

    def tell(self, *words: str, typed: str | None = None) -> tuple[str, str]:
        """Run a command that must work; returns what it printed, and what it said beside that."""
        result = CliRunner().invoke(app, words, env=self.environ(), input=typed)
        assert result.exit_code == 0, result.output
        return result.stdout, result.stderr

    def fail(self, *words: str, typed: str | None = None) -> str:
        """Run a command that must fail for an expected reason; returns what it said of it."""
        result = CliRunner().invoke(app, words, env=self.environ(), input=typed)
        assert result.exit_code == 1, result.output
        assert isinstance(result.exception, SystemExit)
        assert result.stdout == ""
        return result.stderr

    def environ(self) -> dict[str, str]:
        return {"LEAL_DATABASE_URL": self.database_url, "LEAL_DATA": str(self.folder)}

    def write(self, **changes: object) -> str:
        """Write a program document (JSON is YAML) and return its path."""
        path = self.folder / "program.yaml"
        path.write_text(json.dumps(DOCUMENT | changes))
        return str(path)
