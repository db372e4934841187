"""`up` starts the processes before it loads what it needs itself; a process loads its own code only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"alembic", "asyncpg", "httpx", "phonenumbers", "psutil", "redis", "sqlalchemy", "uvicorn"}


@pytest.mark.parametrize("module", ["cli.up", "cli.run"])
def test_a_command_that_starts_processes_is_loaded_without_what_they_need(module: str) -> None:
    code = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "config" in loaded
    assert HEAVY & set(loaded) == set()


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("redirector", "redirector.__main__"),
        ("forwarder", "forwarder.app"),
        ("worker", "forwarder.worker"),
        ("console", "console.__main__"),
        ("sandbox", "sandbox.server"),
    ],
)
def test_a_process_that_is_held_has_loaded_its_code_when_it_is_let_go(name: str, module: str, data_dir: Path) -> None:
    loads = f"import sys, cli.run as r; r._load_code(r.ProcessName('{name}')); print('{module}' in sys.modules)"
    env = {**os.environ, "DATA_DIR": str(data_dir)}
    ran = subprocess.run([sys.executable, "-c", loads], env=env, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True"]
