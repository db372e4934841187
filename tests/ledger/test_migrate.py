"""The ledger's revision is known without Alembic."""

import subprocess
import sys

from alembic.config import Config
from alembic.script import ScriptDirectory

from ledger.migrate import VERSIONS, head_revision


def test_the_newest_migration_is_named_after_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    assert head_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_a_ledger_that_is_up_to_date_is_left_without_loading_alembic(database_url: str) -> None:
    script = "import asyncio, sys; from ledger.migrate import migrate; asyncio.run(migrate(sys.argv[1])); " + (
        "print([name for name in ('alembic', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script, database_url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
