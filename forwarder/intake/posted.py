"""What both ways of a posted request share: it is read, handed to a group commit, and answered with what came of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.responses import Response

from forwarder.directory import Entry
from forwarder.intake.authenticator import Admitted
from forwarder.services import Services


class Sender(NamedTuple):
    """From where a request came."""

    peer: str
    """The connection's address; empty over a Unix socket."""
    forwarded_for: str | None
    """X-Forwarded-For, several joined."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that was read and waits for its batch."""

    result: "asyncio.Future[Any] | None"
    """Of `GroupCommit.enqueue`; None where nothing of it is to be stored."""
    response: Callable[[Any], Response]
    """The answer for the result."""


Take = Callable[[Services, Admitted, Sender], Taken]
"""Reads a body. Raises Refusal where nothing of it can be taken."""


@dataclass(frozen=True, slots=True)
class Post:
    """A POST whose head was taken: its body may come."""

    take: Take
    services: Services
    entry: Entry
    sender: Sender
    key_hash: bytes
    """Of the key that it came with."""

    def read(self, body: bytes) -> Taken:
        """Raises as `take`."""
        admitted = Admitted(self.entry, body, self.services.directory, self.key_hash)
        admitted.count_key()
        return self.take(self.services, admitted, self.sender)
