"""Known vulnerabilities of what requirements.lock pins, by pip-audit, where an index answers.

A vulnerability that is known fails the run; IGNORED lists those that do not concern us, each with its reason. Where
nothing answers (no index to take pip-audit of, no list of vulnerabilities), one line says so and the run goes on: a
network is nothing that a change could mend. `make audit` runs it alone.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any, Final

LOCK: Final = Path(__file__).parents[1] / "requirements.lock"
WITHIN_S: Final = 120  # for each of its two steps
IGNORED: Final[dict[str, str]] = {}
"""Id (PYSEC-..., GHSA-..., CVE-...) -> why it does not concern us."""


def known(report: dict[str, Any], ignored: dict[str, str]) -> list[str]:
    """A line for each vulnerability of pip-audit's JSON that is not to be ignored."""
    lines = []
    for package in report.get("dependencies", ()):
        for found in package.get("vulns", ()):
            if {found["id"], *found.get("aliases", ())} & set(ignored):
                continue
            fixed = ", ".join(found.get("fix_versions", ())) or "no version yet"
            lines.append(f"{package['name']} {package['version']}: {found['id']}, mended in {fixed}")
    return lines


def asked(program: Path, report: Path) -> str:
    """Have pip-audit write its report; why there is none, '' where there is."""
    command = [
        str(program), "--requirement", str(LOCK), "--require-hashes", "--disable-pip", "--progress-spinner", "off",
        "--timeout", "20", "--format", "json", "--output", str(report),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=False)  # noqa: S603 - our own words
    except subprocess.TimeoutExpired:
        return f"no answer within {WITHIN_S} s"
    if report.exists() and report.read_text().strip():
        return ""
    return (done.stderr.strip().splitlines() or ["it wrote nothing"])[-1][:200]


def installed(directory: Path) -> Path | None:
    """pip-audit in an environment of its own; None where it cannot be had."""
    venv.create(directory, with_pip=True)
    command = [str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "pip-audit"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=WITHIN_S, check=False)  # noqa: S603 - our own words
    except subprocess.TimeoutExpired:
        return None
    return directory / "bin" / "pip-audit" if done.returncode == 0 else None


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        program = installed(Path(directory) / "venv")
        if program is None:
            say("pip-audit cannot be installed here; vulnerabilities were not looked for")
            return 0
        report = Path(directory) / "report.json"
        reason = asked(program, report)
        if reason:
            say(f"no list of vulnerabilities answers ({reason}); they were not looked for")
            return 0
        return told(json.loads(report.read_text()))


def told(report: dict[str, Any]) -> int:
    """Say what the report says; the exit status."""
    looked_up = sum("vulns" in package for package in report.get("dependencies", ()))
    if not looked_up:
        say("no library was found in a list of vulnerabilities; they were not looked for")
        return 0
    found = known(report, IGNORED)
    for line in found:
        say(line)
    say(f"{looked_up} libraries were looked up, {len(found)} known vulnerabilities")
    return 1 if found else 0


def say(sentence: str) -> None:
    sys.stdout.write(f"audit: {sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
