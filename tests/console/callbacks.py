"""What a login at the sandbox brings back, and what the console made of it."""

import re

import httpx

from admin.session import Session
from admin.tiktok_accounts import begin_connect
from tests.account_sandbox import AccountSandbox

CALLBACK = "/oauth/tiktok/callback"


async def returned(session: Session, sandbox: AccountSandbox, app_id: str, **decision: str) -> dict[str, str]:
    """What the browser is sent back with, after a login."""
    return sandbox.login((await begin_connect(session, app_id))["url"], **decision)


async def stored(session: Session) -> dict[str, int]:
    tables = ("tiktok_grants", "advertisers", "advertiser_pixels", "oauth_states")
    return {table: await session.database.fetchval(f"SELECT count(*) FROM {table}") for table in tables}  # noqa: S608


def check_page(answer: httpx.Response) -> str:
    """It is a page of ours, which runs nothing but our script, is kept nowhere and tells nobody its address."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert not re.search(
        r"<script(?! src=\"/static/console\.js\?v=\w+\"></script>)|<style|\son\w+=|style=", answer.text, re.IGNORECASE
    )
    assert '<link rel="stylesheet" href="/static/console.css?v=' in answer.text
    return answer.text
