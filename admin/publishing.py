"""Telling the redirectors what changed: the ledger is changed first, Redis follows, now or when it answers again."""

import msgspec

from admin.refusal import Refused
from admin.session import Session, open_redis
from ledger.sites import lock_publishing, published_table

FOLLOW_WITHIN_S = 5.0


async def publish(session: Session) -> None:
    """Publish every link and app as the ledger has it, and return when every redirector serves it. Without Redis the
    change stands, and a note says so.
    """
    from clicks.link_followers import wait_for_followers  # noqa: PLC0415
    from clicks.links import Table, publish_links  # noqa: PLC0415 - brings Redis's client along

    try:
        async with open_redis(session.settings) as redis:
            async with session.transaction() as connection:
                await lock_publishing(connection)
                table = msgspec.convert(await published_table(connection), Table)
                await publish_links(redis, table.links, table.sites, table.clicks)
            behind = await wait_for_followers(redis, FOLLOW_WITHIN_S)
    except Refused as refused:
        session.note(f"saved; redirectors follow as soon as Redis answers and a worker runs ({refused})")
        return
    if behind:
        session.note(
            f"saved and published; {behind} redirector processes have not taken it over within {FOLLOW_WITHIN_S:g} s"
        )
