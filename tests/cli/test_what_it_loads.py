"""`up` starts the processes before it loads what it needs itself; a process loads its own code only."""

import subprocess
import sys

import pytest

HEAVY = {"alembic", "asyncpg", "httpx", "phonenumbers", "psutil", "redis", "sqlalchemy", "uvicorn"}


@pytest.mark.parametrize("module", ["cli.up", "cli.run"])
def test_a_command_that_starts_processes_is_loaded_without_what_they_need(module: str) -> None:
    code = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "config" in loaded
    assert HEAVY & set(loaded) == set()
