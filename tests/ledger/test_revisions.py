"""The newest revision is known from the names of its files."""

from alembic.config import Config
from alembic.script import ScriptDirectory

from ledger.revisions import VERSIONS, head_revision


def test_the_head_is_what_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    assert head_revision() == ScriptDirectory.from_config(config).get_current_head()
