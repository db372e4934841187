"""Running the backtest as a user does, in the session's Redis."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.__main__ import app
from tests.matching.recorded import written

Lines = Sequence[dict[str, Any] | str]


@dataclass(frozen=True)
class Ran:
    """A backtest that has ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def answers(self) -> list[dict[str, Any]]:
        """One per install."""
        assert self.status == 0, self.stderr
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def one(self) -> dict[str, Any]:
        (answer,) = self.answers
        return answer


Run = Callable[..., Ran]


@pytest.fixture
def backtest(redis_url: str, tmp_path: Path) -> Run:
    """`backtest(clicks, installs, *options)`: the files are written first."""

    def run(clicks: Lines, installs: Lines, *options: str) -> Ran:
        files = written(tmp_path / "clicks.ndjson", clicks), written(tmp_path / "installs.ndjson", installs)
        given = ("match", "backtest", "--clicks", str(files[0]), "--installs", str(files[1]), "--redis", redis_url)
        result = CliRunner().invoke(app, (*given, *options))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run
