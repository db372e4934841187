"""Clicks behind an install's addresses, grouped into the devices that made them."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from clicks.address import address_key
from clicks.record import Click
from forwarder.matching.address_usage import SEEN_FOR_MS, Family
from forwarder.matching.phones import ClickedPhone, clicked_phone
from forwarder.matching.user_agents import Phone

FOUND_LIMIT = 1_000
"""Clicks that the store gives for one address: a fuller address is counted up to the whole time."""


class Address(msgspec.Struct, frozen=True):
    """One of the install's addresses, as far as two visits share it."""

    key: str
    """`203.0.113.7`, or `2001:db8:1:2::/64`."""
    family: Family
    devices: int
    """That clicked from it within 72 h, for any app."""


class Device(msgspec.Struct, frozen=True, gc=False):
    """One device: what its User-Agent, TikTok version, languages and enrichment tell apart."""

    phone: ClickedPhone
    clicks: tuple[Click, ...]
    """Newest first, of every app."""
    address: Address
    """The least crowded one that it shares with the install."""


class AddressActivity(msgspec.Struct, frozen=True):
    """Who clicked behind the install's addresses within 72 h."""

    addresses: tuple[Address, ...]
    devices: tuple[Device, ...]


def devices_behind(found: Sequence[Click], addresses: Sequence[str], at_ms: int) -> AddressActivity:
    """Group the clicks found behind `addresses`; those that share none of them are left out."""
    keys = list(dict.fromkeys(key for key in map(known_key, addresses) if key is not None))
    wanted = frozenset(keys)
    phones = _phones(found)
    by_phone: dict[ClickedPhone, list[Click]] = {}
    seen_from: dict[str, set[ClickedPhone]] = {key: set() for key in keys}
    oldest: dict[str, int] = {}
    met: dict[str, int] = dict.fromkeys(keys, 0)
    for click in sorted({click.click_id: click for click in found}.values(), key=_newest_first):
        shared = wanted.intersection((known_key(click.ip), known_key(click.macro_ip)))
        if not shared:
            continue
        phone = phones[click.click_id]
        by_phone.setdefault(phone, []).append(click)
        for key in shared:
            if click.at_ms >= at_ms - SEEN_FOR_MS:
                seen_from[key].add(phone)
                met[key] += 1
                oldest[key] = click.at_ms
    described = {
        key: Address(key, "v6" if ":" in key else "v4", _devices(len(seen_from[key]), met[key], oldest.get(key), at_ms))
        for key in keys
    }
    devices = tuple(
        Device(phone, tuple(clicks), _least_crowded(clicks, described)) for phone, clicks in by_phone.items()
    )
    return AddressActivity(tuple(described.values()), devices)


def _phones(found: Sequence[Click]) -> dict[str, ClickedPhone]:
    """click_id -> phone. A click that told nothing is of the one device with its headers that told something."""
    phones = {click.click_id: clicked_phone(click) for click in found}
    told: dict[tuple[Phone, str], set[ClickedPhone]] = {}
    for phone in phones.values():
        if phone.screen is not None or phone.time_zone is not None:
            told.setdefault((phone.phone, phone.header), set()).add(phone)
    if not told:
        return phones
    only = {headers: next(iter(alike)) for headers, alike in told.items() if len(alike) == 1}
    return {
        click_id: phone if phone.screen or phone.time_zone else only.get((phone.phone, phone.header), phone)
        for click_id, phone in phones.items()
    }


@lru_cache(maxsize=65_536)
def known_key(address: str | None) -> str | None:
    """`clicks.address.address_key`, remembered."""
    return address_key(address) if address else None


def _newest_first(click: Click) -> tuple[int, str]:
    return -click.at_ms, click.click_id


def _devices(seen: int, clicks: int, oldest_ms: int | None, at_ms: int) -> int:
    """Devices in 72 h; where the store's limit cut the time short, as many as there would have been."""
    if clicks < FOUND_LIMIT or oldest_ms is None:
        return seen
    return round(seen * max(1.0, SEEN_FOR_MS / max(at_ms - oldest_ms, 1)))


def _least_crowded(clicks: Sequence[Click], addresses: dict[str, Address]) -> Address:
    if len(addresses) == 1:
        return next(iter(addresses.values()))
    shared = {key for click in clicks for key in (known_key(click.ip), known_key(click.macro_ip))}
    return min((address for key, address in addresses.items() if key in shared), key=lambda address: address.devices)
