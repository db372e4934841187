"""Which recorded visits any install of the file can ask for: the others need not be stored."""

import re
from contextlib import suppress
from pathlib import Path

import msgspec

from backtest.lines import ClickLine, raw_lines
from forwarder.errors import FieldError, Refusal
from forwarder.intake.addresses import address
from forwarder.intake.decoding import decode
from forwarder.intake.identifiers import optional_identifier
from forwarder.matching.devices import known_key
from forwarder.matching.play_referrer import parse_referrer

# the one address TikTok's macro gives; whatever else stands there is left to the visit reader
_SECOND_ADDRESS = re.compile(r"(?:^|[?&])ip=([0-9A-Fa-f.:]+|[0-9A-Fa-f.]*(?:%3[Aa][0-9A-Fa-f.]*)+)(?=&|$)")

_ENCODED_NAME = re.compile(r"(?:^|[?&;])[^=&]*%[^=&]*=")  # `%69p` is ip, too


class Asked(msgspec.Struct, frozen=True):
    """What a file's installs name, some 100 bytes for each."""

    addresses: set[str]
    """Exact IPv4 addresses and /64s."""
    click_ids: set[str]

    def may_concern(self, line: ClickLine) -> bool:
        """Whether an install can find this visit: behind one of its two addresses, or by its id."""
        if known_key(line.ip) in self.addresses or (line.click_id is not None and line.click_id in self.click_ids):
            return True
        if _ENCODED_NAME.search(line.query):
            return True
        if "ip=" not in line.query:
            return False
        found = _SECOND_ADDRESS.findall(line.query)
        if len(found) != 1 or line.query.count("ip=") != 1:
            return True
        return known_key(re.sub("%3a", ":", found[0], flags=re.IGNORECASE)) in self.addresses


class _Names(msgspec.Struct):
    """What of an install's line can lead to a click."""

    ip: str | None = None
    ips: list[str] | None = None
    install_referrer: str | None = None
    click_id: str | int | float | None = None


_NAMES = msgspec.json.Decoder(_Names)


def asked_by(installs: Path) -> Asked:
    """What the installs of a file can ask for. A line that cannot be read asks for nothing: it ends the run later on.

    Raises:
        Refused: the file cannot be opened, or a line is too long.
    """
    asked = Asked(set(), set())
    for _, raw in raw_lines(installs):
        with suppress(FieldError, Refusal):
            names = decode(_NAMES, raw)
            asked.addresses.update(key for text in (names.ip, *(names.ips or ())) if (key := _key(text)) is not None)
            ids = parse_referrer(names.install_referrer).click_id, optional_identifier("click_id", names.click_id)
            asked.click_ids.update(click_id for click_id in ids if click_id is not None)
    return asked


def _key(text: str | None) -> str | None:
    """Of an address as intake reads it: with a port, or the first of a proxy's list."""
    return known_key(text) or known_key(address("ip", text))
