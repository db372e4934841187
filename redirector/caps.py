"""Click caps: after so many clicks a link leads to its fallback.

Each redirector counts the clicks it takes and adds them to the number in Redis four times a second. One redirector
keeps a cap to the click; several overshoot by what the others take in that quarter of a second. Without Redis each
counts on from the last number it knows; the ledger's number, published with the links, mends what was lost.
"""

import asyncio
from collections import Counter
from typing import Any

from redis.exceptions import RedisError

from clicks.links import Link, add_clicks
from redirector.link_table import LinkTable

SYNC_EVERY_S = 0.25


class ClickCaps:
    """Counts the clicks on links with a cap."""

    def __init__(self, links: LinkTable, redis: Any) -> None:
        self._links = links
        self._redis = redis
        self._known: dict[str, int] = {}  # clicks by all redirectors, as far as Redis told and we told it
        self._own: Counter[str] = Counter()  # clicks that Redis was not told of yet

    def admit(self, link: Link) -> Link:
        """The link, or what it has become once its cap is reached."""
        if link.click_cap is None or self._known.get(link.slug, 0) + self._own[link.slug] < link.click_cap:
            return link
        return self._links.end(link.slug.encode())

    def clicked(self, link: Link) -> None:
        """Count a person's click."""
        if link.click_cap is not None:
            self._own[link.slug] += 1

    async def sync(self) -> None:
        """Tell Redis of our clicks, learn of the others'. Where Redis fails, what was told counts for us alone."""
        sent = {slug: self._own.pop(slug, 0) for slug in self._links.capped}
        if not sent:
            return
        try:
            self._known |= await add_clicks(self._redis, sent)
        except (RedisError, OSError, TimeoutError):
            for slug, clicks in sent.items():
                self._known[slug] = self._known.get(slug, 0) + clicks

    async def run(self) -> None:
        """Sync for ever."""
        while True:
            await asyncio.sleep(SYNC_EVERY_S)
            await self.sync()
