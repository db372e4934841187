"""The oldest engines the tests run on: Redis 7 and PostgreSQL 15 of Debian 12, installed by its packages."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from stack.engines.errors import EngineError
from stack.engines.postgresql import PostgreSQL
from stack.engines.valkey import Valkey
from stack.program import Account

DEBIAN = "debian"


class DebianRedis(Valkey):
    title = "Redis"

    def server(self) -> Path:
        found = shutil.which("redis-server")
        if found is None:
            raise EngineError("ENGINES=debian needs redis-server: apt-get install redis-server")
        return Path(found)


class DebianPostgreSQL(PostgreSQL):
    locale = ("--locale=C.UTF-8",)

    def programs(self) -> Path:
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not folders:
            raise EngineError("ENGINES=debian needs PostgreSQL's server: apt-get install postgresql")
        return folders[-1]

    def _open_to(self, account: Account, programs: Path) -> None:
        account.owns(self.data_dir)


def engines_of(kind: str, directory: Path, settings: Mapping[str, str]) -> tuple[Valkey, PostgreSQL]:
    """The engines of a kind: '' the embedded ones, `debian`. `settings` are PostgreSQL's.

    Raises:
        EngineError: there is no such kind, or it is not installed.
    """
    if kind == DEBIAN:
        return DebianRedis(directory), DebianPostgreSQL(directory, settings)
    if kind:
        raise EngineError(f"ENGINES={kind}: there are the embedded ones (leave it out) and {DEBIAN}")
    return Valkey(directory), PostgreSQL(directory, settings)
