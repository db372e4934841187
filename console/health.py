"""`/healthz`: the process answers. `/readyz`: so does its ledger."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from admin.readiness import ledger_answers
from admin.session import Session

PROBE_TIMEOUT_S = 2.0


async def healthz(request: Request) -> Response:  # noqa: ARG001
    """200 as long as the process answers."""
    return JSONResponse({"ok": True})


async def readyz(request: Request) -> Response:
    session: Session = request.state.session
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            ready = await ledger_answers(session)
    except TimeoutError:
        ready = False
    content = {"ok": ready, "postgresql": "ok" if ready else "away: no page can be shown"}
    return JSONResponse(content, 200 if ready else 503)
