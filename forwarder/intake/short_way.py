"""Which requests are taken from the parser's callbacks: a plain POST of installs or events with an app's key.

That leaves out ASGI's scope and task, Starlette's routing and its middleware, which is a third of what an event costs.
Whatever is out of the ordinary goes the long way, and so does every head that is to be refused.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from forwarder.intake.authenticator import bearer_key
from forwarder.intake.body import MAX_BODY_BYTES, is_json
from forwarder.intake.event_handler import take_events
from forwarder.intake.install_handler import take_install
from forwarder.intake.posted import Post, Sender, Take
from forwarder.services import Services
from ledger.apps import hash_api_key

TAKES: Final[Mapping[bytes, Take]] = {b"/v1/events": take_events, b"/v1/installs": take_install}
# a body in pieces may bring trailers; a signature needs Redis
LONG_WAY: Final = frozenset(
    (b"signalpost-signature", b"signalpost-app", b"content-encoding", b"transfer-encoding", b"expect", b"upgrade")
)


def plain_post(services: Services, target: bytes, headers: Sequence[tuple[bytes, bytes]], peer: str) -> Post | None:
    """The POST that may begin, None where it has to go the long way. Names of headers are lower case."""
    take = TAKES.get(target)
    if take is None:
        return None
    named = dict(reversed(headers))  # of several of one name the first counts, as in Starlette
    length = named.get(b"content-length", b"")
    if (
        not LONG_WAY.isdisjoint(named)
        or not length.isdigit()
        or int(length) > MAX_BODY_BYTES
        or named.get(b"connection", b"keep-alive").lower() != b"keep-alive"
        or not is_json(named.get(b"content-type", b"").decode("latin-1"))
    ):
        return None
    key = bearer_key(named.get(b"authorization", b"").decode("latin-1"))
    if not key:
        return None
    key_hash = hash_api_key(key)
    entry = services.directory.opened_by(key_hash)
    if entry is None:
        return None
    return Post(take, services, entry, Sender(peer, _forwarded_for(named, headers)), key_hash)


def _forwarded_for(named: Mapping[bytes, bytes], headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    if b"x-forwarded-for" not in named:
        return None
    return b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
