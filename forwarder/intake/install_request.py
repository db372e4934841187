"""`POST /v1/installs`: the request, and the install it describes."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from clicks.address import address_text, packed_address
from clicks.placeholders import is_placeholder
from forwarder.errors import FieldError
from forwarder.intake.addresses import address, addresses
from forwarder.intake.consent import Consent, consent_fields
from forwarder.intake.decoding import decode
from forwarder.intake.identifiers import identifier, optional_identifier
from forwarder.intake.people import User, external_ids, user_fields
from forwarder.intake.set_aside import UNKNOWN_ZONE, note
from forwarder.intake.times import occurred, store_time
from forwarder.intake.values import clean, optional_text
from forwarder.matching.install_facts import ANY_LATER
from forwarder.matching.time_zones import time_zone

Time = str | int | float | None

MAX_USER_AGENT_CHARS = 2_000
MAX_DEVICE_CHARS = 200
STORE_TIMES = ("referrer_click_at", "install_begin_at", "referrer_click_server_at", "install_begin_server_at")
OF_NOBODY = ("platform", "occurred_at", "consent", "limited_data_use")
"""What is kept of an install of somebody who said no."""


class Screen(msgspec.Struct, kw_only=True, omit_defaults=True):
    """In points (iOS) or dp (Android), not pixels."""

    width: float | None = None
    height: float | None = None
    scale: float | None = None


class Device(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The phone, as the app reads it. `timezone` is an IANA name such as Europe/Berlin."""

    model: str | None = None
    os_version: str | int | float | None = None
    locale: str | None = None
    languages: list[str] | None = None
    timezone: str | None = None
    screen: Screen | None = None


class InstallRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """First open of the app. Times are RFC 3339 or Unix seconds."""

    install_id: str | int | float
    platform: Literal["ios", "android"]
    occurred_at: Time = None
    ip: str | None = None
    ips: list[str] | None = None
    user_agent: str | None = None
    device: Device | None = None
    install_referrer: str | None = None
    referrer_click_at: Time = None
    install_begin_at: Time = None
    referrer_click_server_at: Time = None
    install_begin_server_at: Time = None
    click_id: str | int | float | None = None
    app_version: str | int | float | None = None
    consent: Consent | None = None
    limited_data_use: bool | None = None
    user: User | None = None


class InstallReport(msgspec.Struct, frozen=True):
    """An install as it was reported, checked and normalised, before it is matched."""

    app_id: str
    install_id: str
    platform: str
    occurred_at: datetime
    received_at: datetime
    body: dict[str, Any]
    """`installs.body`: only what was given, `ip` filled in."""
    external_ids: tuple[str, ...]
    flags: tuple[str, ...]


_DECODER = msgspec.json.Decoder(InstallRequest)


def read_install(raw: bytes, app_id: str, connection_ip: str, now: datetime) -> InstallReport:
    """The install in a request's body.

    Raises:
        FieldError: a field is missing, of the wrong type or out of range.
        Refusal: the body is not JSON.
    """
    request = decode(_DECODER, raw)
    occurred_at, flags = occurred("occurred_at", request.occurred_at, now)
    user = user_fields(request.user)
    body = _body(request, occurred_at, address("ip", request.ip) or _connection(connection_ip), user)
    if body.get("consent", {}).get("marketing") == "denied":
        # who said no is counted, and nothing is kept that says who they are
        body = {key: value for key, value in body.items() if key in OF_NOBODY}
    return InstallReport(
        app_id=app_id,
        install_id=identifier("install_id", request.install_id),
        platform=request.platform,
        occurred_at=occurred_at,
        received_at=now,
        body=body,
        external_ids=external_ids(user),
        flags=flags,
    )


def _body(request: InstallRequest, occurred_at: datetime, ip: str | None, user: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "platform": request.platform,
        "occurred_at": occurred_at,
        "ip": ip,
        "ips": addresses("ips", request.ips),
        "user_agent": optional_text("user_agent", request.user_agent, MAX_USER_AGENT_CHARS),
        "device": _device(request.device),
        "install_referrer": optional_text("install_referrer", request.install_referrer),
        **{name: store_time(name, getattr(request, name)) for name in STORE_TIMES},
        "click_id": optional_identifier("click_id", request.click_id),
        "app_version": optional_text("app_version", request.app_version),
        "consent": consent_fields(request.consent),
        "limited_data_use": request.limited_data_use,
        "user": user,
    }
    return {name: value for name, value in fields.items() if value not in (None, [], {})}


def _connection(ip: str) -> str | None:
    """The address the request came from, whatever it is: on one machine all of them are the loopback's."""
    packed = packed_address(ip)
    return address_text(packed) if packed is not None else None


def _device(device: Device | None) -> dict[str, Any]:
    if device is None:
        return {}
    fields: dict[str, Any] = clean(msgspec.to_builtins(device))
    if isinstance(number := fields.get("os_version"), int | float):
        # `parseFloat("18.6.2")` and what a map made of 18: a number tells no more than its digits
        fields["os_version"] = f"{number:.0f}" if number % 1 == 0 else f"{number}{ANY_LATER}"
    for name, value in fields.items():
        if isinstance(value, str):
            fields[name] = optional_text(f"device.{name}", value, MAX_DEVICE_CHARS)
    if len(fields.get("languages", ())) > 50:
        raise FieldError("device.languages", "must be at most 50 languages")
    if (zone := fields.get("timezone")) and time_zone(zone) is None:
        note("device.timezone", UNKNOWN_ZONE)  # kept as it was sent; the matcher reads it as absent
    if "languages" in fields:
        fields["languages"] = [one for one in fields["languages"] if not is_placeholder(one.strip())]
    return {name: value for name, value in fields.items() if value not in ("", None, [])}
