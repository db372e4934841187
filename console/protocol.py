"""The console at the socket: bodies have the deadline of heads, refusals the headers of every answer."""

from typing import Final

from config.http_limits import HeadRefusal, LimitedHttpProtocol
from console.response_headers import HEADERS

_SAID: Final = "".join(f"{name.lower()}: {value}\r\n" for name, value in HEADERS.items())


class ConsoleProtocol(LimitedHttpProtocol):
    """One connection."""

    def take_request(self) -> None:
        super().take_request()
        self._await_more()  # the body

    def on_message_complete(self) -> None:
        self._await_nothing()
        super().on_message_complete()

    def refusal_bytes(self, refusal: HeadRefusal) -> bytes:
        """A sentence in plain text."""
        sentence = f"{refusal.message[0].upper()}{refusal.message[1:]}."
        head = f"content-type: text/plain; charset=utf-8\r\ncontent-length: {len(sentence)}\r\n"
        return f"HTTP/1.1 {refusal.status}\r\n{head}{_SAID}connection: close\r\n\r\n{sentence}".encode()
