"""Asking TikTok once more where it says "not now": for what someone waits for, so not for long."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import anyio

from tiktok.account_refusals import ApiRefused

T = TypeVar("T")

# a limit per second is over after one or two; one per minute or day is not waited for
_WAITS_S: Final = (1.0, 2.0)


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What `ask` gives, at the latest by its third try. For calls that change nothing at TikTok.

    Raises:
        ApiRefused: TikTok refused, or still says "not now".
    """
    for wait_s in _WAITS_S:
        try:
            return await ask()
        except ApiRefused as error:
            if not _soon_over(error):
                raise
            await anyio.sleep(wait_s)
    return await ask()


def _soon_over(error: ApiRefused) -> bool:
    if error.kind == "throttled":
        return error.verdict.throttle in {None, "qps"}
    return error.kind == "transient"
