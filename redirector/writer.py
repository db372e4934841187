"""Names batches, so that one sent twice is counted once."""

import secrets

from clicks.batch import Batch, Row

NEVER_SENT = ""  # the writer of a batch that went to the spool without asking Redis: it needs no name yet
BATCHES_PER_NAME = 1_000_000  # Redis keeps one bit per batch and name: 125 KB, after which a new name begins


class Writer:
    """Gives each batch of this process a name and a number of its own."""

    def __init__(self) -> None:
        self._name = secrets.token_hex(8)
        self._number = 0

    def batch(self, rows: list[Row], counts: dict[str, int]) -> Batch:
        if self._number >= BATCHES_PER_NAME:
            self._name, self._number = secrets.token_hex(8), 0
        batch = Batch(self._name, self._number, rows, counts)
        self._number += 1
        return batch
