"""Between the worker and the sandbox: keeps every request as it came, before any fault, and makes the way bad.

with tiktok_proxy(sandbox_port) as proxy:
    proxy.way = "silent"        # from now on
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

Way = Literal["open", "closed", "silent", "stalled", "dripping", "cut"]
"""`closed`: connections are reset. `silent`: requests arrive and nothing comes back. `stalled`: half an answer.
`dripping`: one byte of the answer each 50 ms. `cut`: the connection ends in the middle of the answer."""

BLANK_LINE = b"\r\n\r\n"
PART_BYTES = 60  # of an answer that comes in part: the status line and half of the headers


class TikTokProxy:
    """Runs on a loop of its own, in a thread."""

    def __init__(self, upstream_port: int) -> None:
        self.way: Way = "open"
        self.port = 0
        self._upstream_port = upstream_port
        self._received: list[bytearray] = []
        self._connections: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()

    def bodies(self) -> list[bytes]:
        """The body of every whole request so far that had one, by connection."""
        return [body for raw in list(self._received) for body in _bodies(bytes(raw)) if body]

    async def serve(self) -> None:
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def end(self) -> None:
        for writer in tuple(self._connections):
            writer.transport.abort()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.way == "closed":
            writer.transport.abort()
            return
        self._connections.add(writer)
        try:
            theirs, out = await asyncio.open_connection("127.0.0.1", self._upstream_port)
            self._connections.add(out)
            received = bytearray()
            self._received.append(received)
            await asyncio.gather(self._ask(reader, out, received), self._answer(theirs, writer))
        except OSError:
            pass
        finally:
            writer.transport.abort()
            self._connections.discard(writer)

    async def _ask(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter, received: bytearray) -> None:
        while part := await reader.read(65_536):
            received += part
            if self.way == "closed":
                raise ConnectionResetError
            out.write(part)
            await out.drain()
        raise ConnectionResetError

    async def _answer(self, theirs: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while part := await theirs.read(65_536):
            way = self.way
            if way in {"silent", "closed"}:
                continue
            if way in {"stalled", "cut"}:
                writer.write(part[:PART_BYTES])
                await writer.drain()
                if way == "cut":
                    break
            elif way == "dripping":
                for byte in part:
                    writer.write(bytes((byte,)))
                    await asyncio.sleep(0.05)
            else:
                writer.write(part)
                await writer.drain()
        raise ConnectionResetError

    def run(self, started: threading.Event) -> None:
        self._loop.run_until_complete(self.serve())
        started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self.end())
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)


def _bodies(raw: bytes) -> Iterator[bytes]:
    """Of the requests that one connection brought one after another; the last may have been cut off."""
    at = 0
    while (end := raw.find(BLANK_LINE, at)) >= 0:
        lengths = [line for line in raw[at:end].lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(lengths[0].partition(b":")[2]) if lengths else 0
        begin, at = end + len(BLANK_LINE), end + len(BLANK_LINE) + length
        if at > len(raw):
            return
        yield raw[begin:at]


@contextmanager
def tiktok_proxy(upstream_port: int) -> Iterator[TikTokProxy]:
    proxy = TikTokProxy(upstream_port)
    started = threading.Event()
    thread = threading.Thread(target=proxy.run, args=(started,), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield proxy
    finally:
        with suppress(RuntimeError):
            proxy.stop()
        thread.join(10)
