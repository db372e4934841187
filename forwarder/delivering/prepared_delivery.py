"""Deliveries that are ready to be sent, and how many of them go into one request. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ledger.delivery_claims import Claimed, Prepared
from tiktok.payload import MAX_ROWS

MAX_REQUEST_BYTES: Final = 4 * 1024 * 1024


class PreparedDelivery(msgspec.Struct, frozen=True):
    """A claimed delivery that is ready to be sent."""

    claimed: Claimed
    row: bytes
    """Its element of `data[]`, the same bytes on every send."""
    notes: tuple[str, ...]

    def prepared(self) -> Prepared:
        first = self.claimed.payload is None
        return Prepared(
            self.claimed.delivery_id, self.row.decode() if first else None, self.notes, self.claimed.install_id
        )


def in_requests(deliveries: Sequence[PreparedDelivery]) -> list[list[PreparedDelivery]]:
    """As many to a request as TikTok takes, and no request so large that it could not be answered in time."""
    requests: list[list[PreparedDelivery]] = []
    size = 0
    for delivery in deliveries:
        size += len(delivery.row)
        if not requests or len(requests[-1]) == MAX_ROWS or size > MAX_REQUEST_BYTES:
            requests.append([])
            size = len(delivery.row)
        requests[-1].append(delivery)
    return requests
