"""Calls with one grant's token, within the developer app's allowance."""

from collections.abc import Mapping
from typing import Final

from ad_accounts.quota import Quota
from tiktok.account_refusals import ApiRefused
from tiktok.business_api import BusinessApi, Group, Reply

ATTEMPTS: Final = 6  # throttled by the second: 1 + 2 + 4 + 8 + 16 s of pauses, then the import waits as a whole


class MeteredCalls:
    """`tiktok.pages.Ask` of one grant."""

    def __init__(self, api: BusinessApi, token: str, quota: Quota) -> None:
        self._api = api
        self._token = token
        self._quota = quota

    async def __call__(self, group: Group, path: str, parameters: Mapping[str, object]) -> Reply:
        """Raises:
        ApiRefused: TikTok refused, or throttles for longer than a call waits.
        """
        throttled = 0
        while True:
            await self._quota.take()
            try:
                reply = await self._api.get(group, path, self._token, parameters)
            except ApiRefused as refused:
                if refused.kind != "throttled":
                    raise
                self._quota.throttled(refused)
                throttled += 1
                if throttled == ATTEMPTS:
                    raise
            else:
                self._quota.answered()
                return reply
