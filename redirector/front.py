"""What every connection of this process shares."""

from typing import Protocol

from clicks.links import Link
from redirector.click import ClickDesk
from redirector.link_table import LinkTable
from redirector.recorder import Recorder
from redirector.tally import Tally


class Connection(Protocol):
    def close_if_overdue(self, now: float) -> None: ...


class Front:
    """The parts of a redirect, opened in the lifespan and handed to each connection."""

    def __init__(self, links: LinkTable, desk: ClickDesk, recorder: Recorder, tally: Tally) -> None:
        self.links = links
        self.desk = desk
        self.recorder = recorder
        self.tally = tally
        self.connections: set[Connection] = set()

    def redirect_link(self, slug: bytes) -> Link | None:
        """The enabled link of a slug that is answered with a 302 straight away."""
        link = self.links.by_slug.get(slug)
        return link if link is not None and link.enabled and link.mode == "redirect" else None

    def close_overdue(self, now: float) -> None:
        for connection in tuple(self.connections):
            connection.close_if_overdue(now)
