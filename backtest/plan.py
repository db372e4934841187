"""What a backtest is to be run on, and its run."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from admin.apps import require_app
from admin.session import open_session
from backtest.asked import asked_by
from backtest.feed_process import Source, feed_process
from backtest.lines import read_installs
from backtest.policy import policies_of, tried_settings
from backtest.runner import Backtest, Outcome, Totals
from backtest.scratch import scratch_redis
from ledger.apps import AppSettings
from ledger.links import all_links

APP = "backtest"  # whose clicks and installs those are that name no app


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a backtest is to be run on, and how."""

    clicks: Path
    installs: Path
    policy: dict[str, str] = {}
    """App settings to try instead of the app's own."""
    app_id: str = ""
    """Whose settings and links; '' = the settings as they ship, and no ledger is asked."""
    redis_url: str = ""
    """An empty database to work in; '' = one is started."""


async def outcomes(plan: Plan, totals: Totals) -> AsyncIterator[Outcome]:
    """The outcome of every install of the plan's files.

    Raises:
        Refused: a file or a line cannot be read, there is no such app, the policy cannot be, or the scratch Redis
            does not answer.
    """
    settings, apps_of_links = await _known(plan.app_id)
    policies = policies_of(tried_settings(settings, plan.policy))
    app_id = plan.app_id or APP
    async with scratch_redis(plan.redis_url) as (redis, redis_url):
        # what is no file, such as a pipe, can be read once only
        asked = asked_by(plan.installs) if plan.installs.is_file() else None
        source = Source(plan.clicks, redis_url, app_id, apps_of_links, asked)
        async with feed_process(source) as feed:
            async for outcome in Backtest(redis, feed, policies, totals).run(read_installs(plan.installs, app_id)):
                yield outcome


async def _known(app_id: str) -> tuple[AppSettings, dict[str, str]]:
    """The app's settings, and which app each Signal link belongs to."""
    if not app_id:
        return AppSettings(), {}
    async with open_session() as session:
        app = await require_app(session, app_id)
        links = await all_links(session.database)
    return app.settings, {link.slug: link.app_id for link in links}
