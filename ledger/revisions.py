"""Which revisions of the ledger this version of the program knows, without the library that applies them: 20 MB."""

from pathlib import Path
from typing import Final

VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"


class SchemaTooNewError(RuntimeError):
    """The ledger was made by a newer version of Signalpost."""


class MigrationError(RuntimeError):
    """PostgreSQL refused a change of the tables; the text is what it said."""


def head_revision() -> str:
    """The revision of a ledger that `migrate` has brought up to date: files of `versions/` begin with theirs."""
    return max(_revisions())


def knows_revision(revision: str) -> bool:
    """Whether this program has the migration."""
    return revision in _revisions()


def _revisions() -> set[str]:
    return {path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py")}
