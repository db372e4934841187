"""The console's process idles in less memory than migrations and exports would take to be loaded."""

import subprocess
import sys

HEAVY = {"alembic", "sqlalchemy", "pyarrow", "playwright", "numpy"}


def test_a_console_that_serves_has_loaded_nothing_that_it_does_not_need() -> None:
    code = "import console.__main__, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "console" in loaded
    assert HEAVY & set(loaded) == set()
