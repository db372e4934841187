"""The live feed as a browser reads it: server-sent events over a connection that stays open."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.console.pages.person import Person

PATIENCE_S = 20.0


@dataclass
class Event:
    """One message of the stream; a comment has neither name nor data."""

    name: str = ""
    data: str = ""
    id: str = ""
    comment: str = ""

    @property
    def told(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.data)
        return content


class OpenFeed:
    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.lines: list[str] = []
        """Told and not yet looked at; a test's own."""
        self._text = answer.iter_lines()

    def next(self) -> Event:
        event = Event()
        for line in self._text:
            if not line:
                return event
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "":
                event.comment = value
            elif name in ("event", "data", "id"):
                setattr(event, "name" if name == "event" else name, value)
        raise EOFError("the stream has ended")

    def items(self) -> Event:
        """The next message that is no comment; comments keep a stream open that has nothing to tell."""
        deadline = time.monotonic() + PATIENCE_S
        while not (event := self.next()).name:
            assert time.monotonic() < deadline, "nothing was told but comments"
        return event

    def until(self, words: str) -> Event:
        """The first message with these words in its lines."""
        while words not in (event := self.items()).told["lines"]:
            pass
        return event


@contextmanager
def open_feed(person: Person, app_id: str, query: str = "", **headers: str) -> Iterator[OpenFeed]:
    path = f"/apps/{app_id}/live/items{query}"
    wanted = {"accept": "text/event-stream", **headers}
    with person.http.stream("GET", path, headers=wanted, timeout=PATIENCE_S) as answer:
        yield OpenFeed(answer)
