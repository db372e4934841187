"""The click store of a backtest: production's, which remembers what it decoded."""

from collections.abc import Mapping
from typing import Any

from clicks.record import NO_TEXTS, Click, RecordCodec
from clicks.store import ClickStore

MAX_REMEMBERED = 30_000  # clicks; forgotten all at once


class ScratchStore(ClickStore):
    """A busy address's clicks are read again for each of its installs: decoding them once halves a run."""

    def __init__(self, redis: Any, address_key: bytes, retention_days: int) -> None:
        super().__init__(redis, (address_key,), retention_days)
        self._codec = _RememberingCodec()


class _RememberingCodec(RecordCodec):
    def __init__(self) -> None:
        super().__init__()
        self._decoded: dict[tuple[bytes, int, int], Click] = {}

    def decode(self, record: bytes, at_ms: int, address_hash: int, texts: Mapping[bytes, bytes] = NO_TEXTS) -> Click:
        """As production's. A record is never changed, so the click is the same one."""
        key = (record, at_ms, address_hash)
        click = self._decoded.get(key)
        if click is None:
            if len(self._decoded) >= MAX_REMEMBERED:
                self._decoded.clear()
            click = self._decoded[key] = super().decode(record, at_ms, address_hash, texts)
        return click
