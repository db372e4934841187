"""A ledger that is up to date needs no Alembic."""

import subprocess
import sys


def test_a_ledger_that_is_up_to_date_is_left_without_loading_alembic(database_url: str) -> None:
    script = "import asyncio, sys; from ledger.migrate import migrate; asyncio.run(migrate(sys.argv[1])); " + (
        "print([name for name in ('alembic', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script, database_url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
