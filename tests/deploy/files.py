"""Where the files of `deploy/` lie, and what they may name."""

from pathlib import Path
from typing import Any

from config.settings import AllSettings
from stack.processes import ProcessName, port_of
from tests.deploy.yaml_subset import read_yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SETTINGS = {name.upper() for name in AllSettings.model_fields}
PORTS = {name.value: port_of(name, AllSettings.model_construct()).number for name in ProcessName}
"""Process -> its default port."""


def yaml(name: str) -> Any:
    """A YAML file of `deploy/`."""
    return read_yaml((DEPLOY / name).read_text(encoding="utf-8"))
