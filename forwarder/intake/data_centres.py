"""Address ranges of data centres, from an optional file: an install from there is flagged, never refused.

The file has one network per line (`198.51.100.0/24`); what follows `#`, `,` or a blank is a comment, so that the lists
that cloud providers and address registries publish can be used as they are.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path

from clicks.address import packed_address

DATA_CENTRE = "data_centre_address"
"""The flag of such an install."""

_FIRST_FIELD = re.compile(r"[^\s,;#]*")


class DataCentreRangesError(ValueError):
    """The file cannot be used; the text names it and the line."""


class DataCentres:
    """Tells whether an address lies in one of the ranges."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        """Raises:
        ValueError: one of them is no network.
        """
        self._starts: dict[int, list[bytes]] = {4: [], 16: []}
        self._ends: dict[int, list[bytes]] = {4: [], 16: []}
        for network in sorted(map(ip_network, networks), key=lambda one: (one.version, int(one.network_address))):
            first, last = network.network_address.packed, network.broadcast_address.packed
            ends = self._ends[len(first)]
            if ends and last <= ends[-1]:
                continue  # within the range before
            self._starts[len(first)].append(first)
            ends.append(last)

    def holds(self, address: str) -> bool:
        """Whether the address is a data centre's; text that is no address is none."""
        packed = packed_address(address)
        if packed is None:
            return False
        at = bisect_right(self._starts[len(packed)], packed) - 1
        return at >= 0 and packed <= self._ends[len(packed)][at]


def read_data_centres(path: Path | None) -> DataCentres:
    """The ranges in a file; none where `path` is None.

    Raises:
        DataCentreRangesError: the file cannot be read, or a line is no network.
    """
    if path is None:
        return DataCentres()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataCentreRangesError(f"DATACENTER_RANGES_FILE: {path}: {error}") from None
    networks: list[str] = []
    for number, line in enumerate(lines, 1):
        found = _FIRST_FIELD.match(line.strip())
        text = found[0] if found is not None else ""
        if not text:
            continue
        try:
            networks.append(str(ip_network(text, strict=False)))
        except ValueError:
            where = f"DATACENTER_RANGES_FILE: {path}, line {number}"
            raise DataCentreRangesError(f"{where}: {text[:60]!r} is no network such as 198.51.100.0/24") from None
    return DataCentres(networks)
