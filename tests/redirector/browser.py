"""A real Chromium, steered over its own pipe (Chrome DevTools Protocol), and a stand-in for both stores."""

import http.server
import json
import os
import select
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SILENCE_LIMIT_S = 20.0
NOTHING_SHOWN, PAGE_SHOWN = 204, 200  # a browser that is answered 204 stays where it is


@dataclass
class Stores:
    """What answers as either store, or as any other https host, in the browser alone."""

    port: int
    status: int = NOTHING_SHOWN
    asked: list[str] = field(default_factory=list)
    """The URL of every request, in order."""


@contextmanager
def stores(directory: Path) -> Iterator[Stores]:
    """An https server with a certificate of its own."""

    class Store(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = known.status
            known.asked.append(f"https://{self.headers['Host']}{self.path}")
            self.send_response(status)
            self.end_headers()
            if status == PAGE_SHOWN:
                self.wfile.write(b"<title>the store</title>the store")

        def log_message(self, *_parts: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        known = Stores(server.server_address[1])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(directory))
        server.socket = context.wrap_socket(
            server.socket,
            server_side=True,
            do_handshake_on_connect=False,  # in the thread of the request: a browser opens connections ahead
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield known
        server.shutdown()


def _certificate(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the stores")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = built.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    path = directory / "stores.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


# Chromium reads commands from descriptor 3 and answers on 4
_ON_ITS_DESCRIPTORS = """
import fcntl, os, sys
commands, answers = (fcntl.fcntl(int(number), fcntl.F_DUPFD_CLOEXEC, 10) for number in sys.argv[1:3])
os.dup2(commands, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """One Chromium; each `Tab` is a page of it."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to = to_browser
        self._from = from_browser
        self._unread = b""
        self._numbers = count(1)
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The result of one command; what happens meanwhile goes to `events`."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        os.write(self._to, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while (answer := self._read()).get("id") != number:
            self.events.append(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def wait(self, happened: Callable[[dict[str, Any]], bool], since: int) -> None:
        """Until such an event is among the `events` from that one on."""
        while not any(map(happened, self.events[since:])):
            self.events.append(self._read())

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._from], [], [], SILENCE_LIMIT_S)
            assert ready, "the browser says nothing"
            part = os.read(self._from, 65_536)
            assert part, "the browser has ended"
            self._unread += part
        message, _, self._unread = self._unread.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer

    def close(self) -> None:
        os.close(self._to)
        os.close(self._from)


@contextmanager
def browser(directory: Path, stores_port: int) -> Iterator[Browser]:
    """A Chromium that finds every https host at that port of this machine."""
    commands, to_browser = os.pipe()
    from_browser, answers = os.pipe()
    rules = ", ".join(f"MAP *:{port} 127.0.0.1:{stores_port}" for port in (443, 8443))
    options = (
        "headless", "no-sandbox", "disable-gpu", "disable-background-networking", "ignore-certificate-errors",
        "remote-debugging-pipe", f"user-data-dir={directory}",
        f"host-resolver-rules={rules}",
    )  # fmt: skip
    chromium = [str(CHROMIUM), *(f"--{option}" for option in options), "about:blank"]
    process = subprocess.Popen(
        [sys.executable, "-c", _ON_ITS_DESCRIPTORS, str(commands), str(answers), *chromium],
        pass_fds=(commands, answers),
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "HOME": str(directory)},
    )
    os.close(commands)
    os.close(answers)
    opened = Browser(to_browser, from_browser)
    try:
        yield opened
    finally:
        opened.close()  # the end of the pipe ends the browser
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_MIDDLE = """new Promise(shown => setInterval(() => {
    const element = document.querySelector(%s)
    const at = element.getBoundingClientRect()
    if (getComputedStyle(element).visibility == 'visible') shown([at.x + at.width / 2, at.y + at.height / 2])
}, 20))"""


class Tab:
    """A page that a phone of this User-Agent looks at."""

    def __init__(self, of: Browser, user_agent: str) -> None:
        self._browser = of
        target = of.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = of.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime"):
            self._call(f"{domain}.enable")
        self._call("Emulation.setUserAgentOverride", userAgent=user_agent)

    def open(self, url: str) -> None:
        """Go there; the page may still be loading."""
        self._call("Page.navigate", url=url)

    @contextmanager
    def loaded(self) -> Iterator[None]:
        """What is done here leads to another page: wait until that is there."""
        since = len(self._browser.events)
        yield
        self._browser.wait(lambda event: self._is_own(event, "Page.loadEventFired"), since)

    def run(self, script: str) -> Any:
        """The value of an expression, awaited where it is a promise."""
        answer = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        return answer["result"].get("value")

    def shown(self, selector: str) -> tuple[float, float]:
        """The middle of an element, once it shows."""
        x, y = self.run(_MIDDLE % json.dumps(selector))
        return x, y

    def tap(self, selector: str) -> None:
        """Tap an element once it shows; the page cannot tell it from a person's tap."""
        x, y = self.shown(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def wanted(self) -> list[str]:
        """Where the page itself has wanted to go so far, in order."""
        self._browser.call("Target.getTargets")  # brings what has happened until now
        return [
            event["params"]["url"]
            for event in self._browser.events
            if self._is_own(event, "Page.frameRequestedNavigation")
        ]

    def _is_own(self, event: dict[str, Any], method: str) -> bool:
        return (event.get("sessionId"), event.get("method")) == (self._session, method)

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)
