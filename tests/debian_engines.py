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


def redis_of(kind: str, directory: Path) -> Valkey:
    """Of a kind: '' the embedded one, `debian`.

    Raises:
        EngineError: there is no such kind.
    """
    return DebianRedis(directory) if _is_debian(kind) else Valkey(directory)


def postgresql_of(kind: str, directory: Path, settings: Mapping[str, str]) -> PostgreSQL:
    """As `redis_of`. `settings` are PostgreSQL's."""
    return DebianPostgreSQL(directory, settings) if _is_debian(kind) else PostgreSQL(directory, settings)


def _is_debian(kind: str) -> bool:
    if kind not in {"", DEBIAN}:
        raise EngineError(f"ENGINES={kind}: there are the embedded ones (leave it out), {DEBIAN} and cluster")
    return kind == DEBIAN
