"""The systemd units: one for each process, hardened, with settings that exist."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from cli.__main__ import COMMANDS
from stack.processes import ALWAYS
from tests.deploy.files import DEPLOY, PORTS, ROOT, SETTINGS

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
HARDENED = (
    "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "CapabilityBoundingSet=",
    "User=signalpost", "UMask=0077",
)  # fmt: skip
WORDS = {"Documentation", "Description", "After", "Wants", "PartOf", "WantedBy"}


def read(path: Path) -> dict[str, list[str]]:
    """Word -> its values, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text().splitlines():
        if line and not line.startswith(("#", "[")):
            word, equals, value = line.partition("=")
            assert equals, line
            found[word].append(value)
    return found


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_exists(path: Path) -> None:
    (command,) = read(path)["ExecStart"]
    program, name, *arguments = command.split()
    assert program == "/opt/signalpost/.venv/bin/signalpost"
    assert name in COMMANDS
    assert all(argument in PORTS for argument in arguments)


def test_every_process_that_always_runs_has_a_unit() -> None:
    started = {read(path)["ExecStart"][0].split()[-1] for path in UNITS}
    assert {name.value for name in ALWAYS} <= started


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_hardened_and_comes_back(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert [line for line in HARDENED if line not in lines] == []
    assert read(path)["Restart"] in (["always"], ["on-failure"])


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_has_longer_to_stop_than_its_process_takes(path: Path) -> None:
    from stack.engines.running import GRACE_S
    from stack.stack import PROCESS_GRACE_S

    needed = PROCESS_GRACE_S + (GRACE_S + PROCESS_GRACE_S if path.name == "signalpost.service" else 0)
    assert int(read(path)["TimeoutStopSec"][0]) > needed


def test_settings_in_units_and_their_file_exist() -> None:
    environment = (DEPLOY / "systemd" / "signalpost.env").read_text()
    named = set(re.findall(r"^(\w+)=", environment, re.MULTILINE))
    for path in UNITS:
        named |= {value.partition("=")[0] for value in read(path)["Environment"]}
    assert {"DATA_DIR", "TRUSTED_PROXIES", "FORWARDER_PORT"} <= named <= SETTINGS


def test_data_lies_where_the_units_may_write() -> None:
    assert "DATA_DIR=/var/lib/signalpost\n" in (DEPLOY / "systemd" / "signalpost.env").read_text()
    assert all(read(path)["StateDirectory"] == ["signalpost"] for path in UNITS)


def test_the_documentation_exists() -> None:
    for path in (*UNITS, DEPLOY / "systemd" / "signalpost.target"):
        (place,) = read(path)["Documentation"]
        assert (ROOT / place.removeprefix("file:///opt/signalpost/")).is_file()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_them(tmp_path: Path) -> None:
    for path in (DEPLOY / "systemd").glob("signalpost*.[st]*"):
        text = path.read_text().replace("/opt/signalpost/.venv/bin/signalpost", shutil.which("true") or "/bin/true")
        (tmp_path / path.name).write_text(text)
    units = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stderr.splitlines() if "signalpost" in line] == []
    assert done.returncode == 0, done.stderr
