"""Calls with one grant's token, within the developer app's allowance."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from ad_accounts.quota import Quota
from config.tracing import span
from tiktok.account_refusals import ApiRefused
from tiktok.business_api import BusinessApi, Group, Reply

ATTEMPTS: Final = 6  # throttled by the second: 1 + 2 + 4 + 8 + 16 s of pauses, then the import waits as a whole
WAITS_S: Final = (1.0, 4.0)
"""Before a call that met a fault of TikTok's is made again: a list of hundreds of pages must outlive one."""


async def _unwatched() -> None:
    pass


class MeteredCalls:
    """`tiktok.pages.Ask` of one grant."""

    def __init__(
        self, api: BusinessApi, token: str, quota: Quota, before_each: Callable[[], Awaitable[None]] = _unwatched
    ) -> None:
        """`before_each` call; what it raises is raised instead of the call."""
        self._api = api
        self._token = token
        self._quota = quota
        self._before_each = before_each

    async def __call__(self, group: Group, path: str, parameters: Mapping[str, object]) -> Reply:
        """Raises:
        ApiRefused: TikTok refused, throttles for longer than a call waits, or is at fault again and again.
        """
        throttled, faults = 0, 0
        while True:
            await self._before_each()
            await self._quota.take()
            try:
                with span("tiktok", path=path):
                    reply = await self._api.get(group, path, self._token, parameters)
            except ApiRefused as refused:
                if refused.kind == "throttled":
                    self._quota.throttled(refused)
                    throttled += 1
                elif refused.kind == "transient" and faults < len(WAITS_S):
                    await self._quota.sleep(WAITS_S[faults])
                    faults += 1
                else:
                    raise
                if throttled == ATTEMPTS:
                    raise
            else:
                self._quota.answered()
                return reply
