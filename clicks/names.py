"""What campaigns, ad groups, ads and creatives are called, as TikTok's macros say: in Redis until the ledger has it."""

from collections.abc import Iterable, Mapping
from typing import Any

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


async def note_names(redis: Any, names: Iterable[AdName]) -> None:
    """Leave names for the worker. Where too many wait already these are left out, and come with a later click."""
    if await redis.hlen(NAMES) < MAX_WAITING:
        await redis.hset(NAMES, mapping={f"{name.kind}{SEPARATOR}{name.id}": name.name for name in names})


async def waiting_names(redis: Any) -> list[AdName]:
    """The names that wait; call `forget_names` once the ledger holds them."""
    waiting = []
    for field, name in (await redis.hgetall(NAMES)).items():
        kind, identifier = field.decode().split(SEPARATOR)
        waiting.append(AdName(kind, identifier, name.decode()))
    return waiting


async def forget_names(redis: Any, names: Iterable[AdName]) -> None:
    """Forget names that the ledger holds. One that changed meanwhile comes again with the next click of its ad."""
    await redis.hdel(NAMES, *(f"{name.kind}{SEPARATOR}{name.id}" for name in names))
