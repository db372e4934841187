"""What doctor finds about the replica that reports read."""

from typing import Final

from admin.check import Check
from admin.engine_report import CONNECT_TIMEOUT_S
from admin.ledger_failures import reason_of
from config.settings import Settings
from ledger.connecting import connect
from ledger.database_url import DatabaseUrlError
from ledger.outages import LEDGER_FAILED
from ledger.report_pool import LAG, MAX_LAG_S

NAME: Final = "REPORT_DATABASE_URL"


async def check_replica(settings: Settings) -> list[Check]:
    """Whether it answers, and how far it is behind; nothing where there is none."""
    if not settings.report_database_url:
        return []
    try:
        connection = await connect(settings.report_database_url, timeout_s=CONNECT_TIMEOUT_S)
        try:
            lag_s = await connection.fetchval(LAG)
            is_replica = await connection.fetchval("SELECT pg_is_in_recovery()")
        finally:
            await connection.close()
    except DatabaseUrlError as error:
        return [Check(NAME, False, str(error), f"correct {NAME}")]
    except LEDGER_FAILED as error:
        fix = f"start it, or correct {NAME}; reports are read from DATABASE_URL meanwhile"
        return [Check(NAME, False, f"does not let us in: {reason_of(error)}", fix)]
    if not is_replica:
        return [Check(NAME, True, "answers; it is no replica, so it must be the server of DATABASE_URL")]
    late = lag_s > MAX_LAG_S
    fix = "look at the replica's load and network; reports are read from DATABASE_URL meanwhile" if late else ""
    return [Check(NAME, not late, f"a replica, {lag_s:.0f} s behind", fix)]
