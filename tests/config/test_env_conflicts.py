"""The environment and `.env` that do not agree."""

from pathlib import Path

import pytest

from config.env_conflicts import differing_secrets


@pytest.mark.parametrize(
    ("line", "given", "differing"),
    [
        ("SECRET_KEY='a#b'", {"SECRET_KEY": "a"}, ["SECRET_KEY"]),
        ("SECRET_KEY='a#b'", {"SECRET_KEY": "a#b"}, []),
        ("SECRET_KEY='a${b}c'", {"SECRET_KEY": "a${b}c"}, ["SECRET_KEY"]),  # filled in, in quotes as well
        ("export DATABASE_URL='postgresql://u:p#q@h/d'\r", {"database_url": "postgresql://u:p"}, ["DATABASE_URL"]),
        ("SECRET_KEY=", {"SECRET_KEY": "a"}, []),
        ("SECRET_KEY='a'", {}, []),
        ("LOG_LEVEL=info", {"LOG_LEVEL": "debug"}, []),
    ],
)
def test_a_secret_that_was_cut_is_named(
    line: str, given: dict[str, str], differing: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(line + "\n", newline="")
    monkeypatch.chdir(tmp_path)
    assert differing_secrets(given) == differing
