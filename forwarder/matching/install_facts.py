"""What the matcher knows of an install: the part of a request that says which phone and whose consent it was."""

from collections.abc import Mapping
from typing import Any

import msgspec

SLOW_AT_MOST_MS = 7 * 86_400_000
"""How far behind a phone's clock may be; a time of Google's that lies further ahead is none."""
ANY_LATER = ".x"
"""Behind an OS version of which the last number was not told: `18.6.x`."""


class InstallFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One install. Times are Unix time in ms; absent facts are None or empty."""

    app_id: str
    install_id: str
    platform: str
    """ios | android."""
    at_ms: int
    """When the app was opened first, never later than it was reported; not before the store began to download it, where
    that is known by Google's clock: the phone's may be slow.
    """
    addresses: tuple[str, ...] = ()
    """Every address the phone is known by: the connection's or the one given, then the further ones."""
    os_version: str | None = None
    model: str | None = None
    """As the app reads it: `SM-A536B`, `iPhone16,1`."""
    languages: tuple[str, ...] = ()
    """The phone's, best first: `en-GB`."""
    locale: str | None = None
    time_zone: str | None = None
    """IANA name."""
    screen: Mapping[str, float] = {}
    """width, height in points (iOS) or dp (Android), scale."""
    user_agent: str | None = None
    referrer: str | None = None
    """As Play returned it."""
    referrer_click_ms: int | None = None
    """When the store was opened with the referrer, by the phone's clock."""
    install_begin_ms: int | None = None
    """When the download began, by the phone's clock."""
    referrer_click_server_ms: int | None = None
    """The same two by Google's clock."""
    install_begin_server_ms: int | None = None
    click_id: str | None = None
    """From a universal or app link."""
    marketing_consent: str = "unknown"
    """granted | denied | unknown."""
    att_status: str | None = None
    """authorized | denied | restricted | not_determined; iOS only."""

    @property
    def denied(self) -> bool:
        """The person said no: nothing is matched."""
        return self.marketing_consent == "denied"

    @property
    def consented(self) -> bool:
        """The person said yes, to the app or to iOS."""
        return self.marketing_consent == "granted" or (self.platform == "ios" and self.att_status == "authorized")


def install_facts(app_id: str, install_id: str, at_ms: int, body: Mapping[str, Any]) -> InstallFacts:
    """The facts in an install's stored body (`installs.body`); the same whether it was just accepted or read again."""
    device, consent = body.get("device", {}), body.get("consent", {})
    addresses = [body["ip"]] if "ip" in body else []
    addresses += [address for address in body.get("ips", []) if address not in addresses]
    began_ms = _ms(body.get("install_begin_server_at"))
    if began_ms is not None and at_ms < began_ms <= at_ms + SLOW_AT_MOST_MS:
        at_ms = began_ms
    return InstallFacts(
        app_id=app_id,
        install_id=install_id,
        platform=body["platform"],
        at_ms=at_ms,
        addresses=tuple(addresses),
        os_version=device.get("os_version"),
        model=device.get("model"),
        languages=tuple(device.get("languages", ())),
        locale=device.get("locale"),
        time_zone=device.get("timezone"),
        screen=device.get("screen", {}),
        user_agent=body.get("user_agent"),
        referrer=body.get("install_referrer"),
        referrer_click_ms=_ms(body.get("referrer_click_at")),
        install_begin_ms=_ms(body.get("install_begin_at")),
        referrer_click_server_ms=_ms(body.get("referrer_click_server_at")),
        install_begin_server_ms=began_ms,
        click_id=body.get("click_id"),
        marketing_consent=consent.get("marketing", "unknown"),
        att_status=consent.get("att_status"),
    )


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
