"""What CI makes of pip-audit's report."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FOUND: dict[str, Any] = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.0"]}
REPORT: dict[str, Any] = {
    "dependencies": [
        {"name": "good", "version": "1.0", "vulns": []},
        {"name": "bad", "version": "1.0", "vulns": [FOUND]},
        {"name": "skipped", "skip_reason": "not found"},
    ]
}


def test_a_known_vulnerability_is_told_with_the_version_that_mends_it(audit: ModuleType) -> None:
    assert audit.known(REPORT, {}) == ["bad 1.0: PYSEC-2026-1, mended in 2.0"]


@pytest.mark.parametrize("name", ["PYSEC-2026-1", "CVE-2026-1"])
def test_what_does_not_concern_us_is_passed_over_by_any_of_its_names(audit: ModuleType, name: str) -> None:
    assert audit.known(REPORT, {name: "the reason"}) == []


@pytest.mark.parametrize(
    ("report", "status", "said"),
    [
        (REPORT, 1, "2 libraries were looked up, 1 known"),
        ({"dependencies": REPORT["dependencies"][:1]}, 0, "1 libraries were looked up, 0 known"),
        ({"dependencies": REPORT["dependencies"][2:]}, 0, "were not looked for"),
        ({}, 0, "were not looked for"),
    ],
    ids=["one is known", "none is known", "none was found in the list", "nothing at all"],
)
def test_a_known_vulnerability_alone_fails_the_run(
    audit: ModuleType, capsys: pytest.CaptureFixture[str], report: dict[str, Any], status: int, said: str
) -> None:
    assert audit.told(report) == status
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("#!/bin/sh\necho 'no route to the index' >&2\nexit 1\n", "no route to the index"),
        ("#!/bin/sh\nexit 1\n", "it wrote nothing"),
        ('#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done\necho "{}" > "$2"\nexit 1\n', ""),
        ("#!/bin/sh\nexec sleep 60\n", "no answer within 1 s"),
    ],
    ids=["nothing answers", "nothing is said", "a report", "silence"],
)
def test_where_nothing_answers_the_reason_is_told(
    audit: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    monkeypatch.setattr(audit, "WITHIN_S", 1 if "sleep" in script else 60)
    program = tmp_path / "pip-audit"
    program.write_text(script)
    program.chmod(0o755)
    assert audit.asked(program, tmp_path / "report.json") == reason


def test_ci_asks() -> None:
    assert "make audit" in (ROOT / ".ci" / "run").read_text()
    assert ".ci/audit.py" in (ROOT / "Makefile").read_text()
