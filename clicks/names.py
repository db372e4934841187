"""What campaigns, ad groups, ads and creatives are called, as TikTok's macros say: in Redis until the ledger has it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from clicks.counts import SEPARATOR, is_id
from clicks.keys import NAMES

KINDS = ("campaign", "adgroup", "ad", "creative")
MAX_NAME_CHARS = 512
MAX_WAITING = 10_000  # names anybody can make up: beyond this they wait until the worker has taken some


class AdName(msgspec.Struct, frozen=True):
    """The name of one campaign, ad group, ad or creative (`kind`)."""

    kind: str
    id: str
    name: str


def names_in(values: Mapping[str, str]) -> list[AdName]:
    """The names that stand beside their ids among a click's macros."""
    found = []
    for kind in KINDS:
        identifier, name = values.get(f"{kind}_id", ""), values.get(f"{kind}_name", "")
        if name and is_id(identifier):
            found.append(AdName(kind, identifier, name[:MAX_NAME_CHARS]))
    return found


async def note_names(redis: Any, names: Iterable[AdName]) -> bool:
    """Leave names for the worker. False: too many wait already, and these are to be left another time."""
    if await redis.hlen(NAMES) >= MAX_WAITING:
        return False
    await redis.hset(NAMES, mapping={_field(name): name.name for name in names})
    return True


async def waiting_names(redis: Any) -> list[AdName]:
    """The names that wait; call `forget_names` once the ledger holds them."""
    waiting = []
    for field, name in (await redis.hgetall(NAMES)).items():
        kind, identifier = field.decode().split(SEPARATOR)
        waiting.append(AdName(kind, identifier, name.decode()))
    return waiting


_FORGET: Final = """
for i = 1, #ARGV, 2 do
    if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
"""
FORGOTTEN_AT_ONCE: Final = 1_000  # Redis does nothing else meanwhile


async def forget_names(redis: Any, names: Iterable[AdName]) -> None:
    """Forget names that the ledger holds. One that has changed meanwhile waits on: a redirector says it once."""
    parts = [part for name in names for part in (_field(name), name.name)]
    for start in range(0, len(parts), 2 * FORGOTTEN_AT_ONCE):
        await redis.eval(_FORGET, 1, NAMES, *parts[start : start + 2 * FORGOTTEN_AT_ONCE])


def _field(name: AdName) -> str:
    return f"{name.kind}{SEPARATOR}{name.id}"
