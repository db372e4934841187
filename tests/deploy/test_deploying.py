"""docs/deploying.md names what exists: files, units, commands, settings."""

import re

import pytest

from cli.__main__ import COMMANDS
from tests.deploy.files import DEPLOY, ROOT, SETTINGS

TEXT = (ROOT / "docs" / "deploying.md").read_text()
UNITS = {path.name.removesuffix(".service") for path in (DEPLOY / "systemd").iterdir()} | {"signalpost"}


@pytest.mark.parametrize("place", sorted(set(re.findall(r"\]\((\.?[\w./-]+)", TEXT))))
def test_a_link_leads_to_a_file(place: str) -> None:
    assert (ROOT / "docs" / place).exists()


@pytest.mark.parametrize("place", sorted(set(re.findall(r"\bdeploy/[\w./*-]+\w", TEXT))))
def test_a_path_exists(place: str) -> None:
    assert list(ROOT.glob(place.rstrip(".")))


@pytest.mark.parametrize("unit", sorted(set(re.findall(r"\bsignalpost-[a-z]+@?", TEXT))))
def test_a_unit_exists(unit: str) -> None:
    assert unit in UNITS


def test_commands_exist() -> None:
    named = set(re.findall(r"(?:bin/|`|signalpost )signalpost ([a-z]+)", TEXT))
    assert {"doctor", "backup", "up", "migrate"} <= named <= set(COMMANDS)


def test_settings_exist() -> None:
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)[=`]", TEXT))
    compose = {"GO_DOMAIN", "IN_DOMAIN", "CONSOLE_DOMAIN", "CONSOLE_NETWORKS", "POSTGRES_PASSWORD"}
    assert {"TRUSTED_PROXIES", "SECRET_KEY"} <= named <= SETTINGS | compose
