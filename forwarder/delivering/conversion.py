"""A claimed delivery -> what TikTok is told of it, or why it is not told. Pure.

Which source wins for each field: docs/signals.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from clicks.record import generated_ttp
from forwarder.delivering.amounts import Money, in_currency_of, money_of
from forwarder.delivering.backoff import give_up_at
from forwarder.delivering.field_mapping import Mapped, mapped_fields
from forwarder.delivering.settlement import GAVE_UP
from ledger.consent import GRANTS, REFUSALS, answer_at
from ledger.delivery_claims import Claimed, Settled
from ledger.pixel_state import SendingPixel
from ledger.sites import link_bases
from tiktok.currency_rates import NO_RATES, Rates
from tiktok.identifiers import public_ip
from tiktok.payload import Conversion

TOO_OLD: Final = "event older than event_max_age_days"
NOT_ATTRIBUTED: Final = "not attributed"
MATCH_PENDING: Final = "waiting for match"
TAKEOVERS_ALLOWED: Final = 5
OUTSIDE_WINDOW: Final = "outside TikTok's attribution window of 28 days: it is counted, and credited to no campaign"
CLOCK_SLOW: Final = "time of the click: the phone's clock says that it was before"
ATTRIBUTION_WINDOW: Final = timedelta(days=28)  # the longest click window an ad group can have
MAX_TTCLID_CHARS: Final = 1_000
MATCH_PENDING_FOR: Final = timedelta(minutes=1)  # until it is looked at again


@dataclass(frozen=True, slots=True)
class NotSent:
    """Why a delivery is not sent now."""

    state: Literal["suppressed", "skipped", "dead", "due"]
    reason: str
    next_attempt_at: datetime | None = None
    """For `due`: when it is looked at again."""

    def settled(self, claimed: Claimed) -> Settled:
        at, arrived = self.next_attempt_at, claimed.maybe_arrived_at
        return Settled(claimed.delivery_id, self.state, self.reason, claimed.attempts, at, arrived, None)


def objection(claimed: Claimed, pixel: SendingPixel, now: datetime) -> NotSent | None:
    """What speaks against sending it, by the consent, settings and match of this moment; None when nothing does."""
    return (
        _takeover_objection(claimed)
        or _consent_objection(claimed, pixel)
        or _age_objection(claimed, pixel, now)
        or _attribution_objection(claimed, pixel, now)
    )


def _takeover_objection(claimed: Claimed) -> NotSent | None:
    if claimed.takeovers < TAKEOVERS_ALLOWED:
        return None
    return NotSent("dead", f"{claimed.takeovers} workers in a row did not come back from sending it")


def _consent_objection(claimed: Claimed, pixel: SendingPixel) -> NotSent | None:
    bodies = claimed.event_body, claimed.install_body or {}
    times = claimed.occurred_at, claimed.installed_at or claimed.occurred_at
    answers = [answer_at(category, *bodies, *times) for category in pixel.settings.consent_categories]
    if not REFUSALS.isdisjoint(answers):
        return NotSent("suppressed", "consent denied")
    if pixel.app_settings.consent_when_unknown == "deny" and not GRANTS.issuperset(answers):
        return NotSent("suppressed", "consent unknown")
    return None


def _age_objection(claimed: Claimed, pixel: SendingPixel, now: datetime) -> NotSent | None:
    if claimed.maybe_arrived_at is not None and now >= give_up_at(claimed.maybe_arrived_at):
        return NotSent("dead", GAVE_UP)
    if claimed.occurred_at < now - timedelta(days=pixel.app_settings.event_max_age_days):
        return NotSent("dead", TOO_OLD)
    return None


def _attribution_objection(claimed: Claimed, pixel: SendingPixel, now: datetime) -> NotSent | None:
    if claimed.click is not None or (pixel.settings.send or pixel.app_settings.send) == "all":
        return None
    if claimed.match_method == "pending":
        return NotSent("due", MATCH_PENDING, now + MATCH_PENDING_FOR)
    return NotSent("skipped", NOT_ATTRIBUTED)


def conversion(
    claimed: Claimed, pixel: SendingPixel, public_base: str, now: datetime, rates: Rates = NO_RATES
) -> Conversion:
    """All that is known of it, merged from event, install and click. `public_base` is that of the Signal links."""
    event, install, click = claimed.event_body, claimed.install_body or {}, claimed.click or {}
    own = {"properties": event.get("properties") or {}, "user": event.get("user") or {}, "install": install}
    mapped = mapped_fields(own, pixel.fields)
    user = {**(install.get("user") or {}), **_present(own["user"]), **mapped.user}
    money = _money(claimed, mapped, pixel, rates)
    time = _time(claimed, click, now)
    return Conversion(
        event=claimed.target_event,
        event_id=claimed.event_id,
        event_time=time.at,
        ttclid=_ttclid(event, install, click),
        ttp=_ttp(click, pixel),
        ip=_ip(event, install, click),
        user_agent=_user_agent(event, install, click),
        locale=user.get("locale") or _locale(install, click),
        email=user.get("email"),
        phone=user.get("phone"),
        external_id=_external_id(user, claimed),
        first_name=user.get("first_name"),
        last_name=user.get("last_name"),
        zip_code=user.get("zip_code"),
        city=user.get("city"),
        state=user.get("state"),
        country=user.get("country") or event.get("country"),
        page_url=_page_url(click, pixel, public_base),
        value=money.value,
        currency=money.currency,
        properties=in_currency_of(money, {**own["properties"], **mapped.properties}),
        limited_data_use=event.get("limited_data_use", install.get("limited_data_use")),
        notes=(*mapped.notes, *money.notes, *time.notes, *_window_notes(claimed, click)),
    )


class _Time(msgspec.Struct, frozen=True):
    """When an event is said to have happened, Unix seconds."""

    at: int
    notes: tuple[str, ...] = ()


def _time(claimed: Claimed, click: Mapping[str, Any], now: datetime) -> _Time:
    """Never in the future; nor before the click that brought its install, which a phone whose clock is slow says.

    What happened before the install, at a subscription platform, is left there: no click brought it.
    """
    at = min(claimed.occurred_at, now).timestamp()
    if not click or claimed.installed_at is None or claimed.occurred_at < claimed.installed_at:
        return _Time(int(at))
    clicked = min(-(-click["at_ms"] // 1000), int(now.timestamp()))  # the next whole second
    return _Time(int(at)) if clicked <= int(at) else _Time(clicked, (CLOCK_SLOW,))


def _money(claimed: Claimed, mapped: Mapped, pixel: SendingPixel, rates: Rates) -> Money:
    value = claimed.value if mapped.value is None else mapped.value
    if value is None:
        return money_of(None, claimed.currency, None, rates)
    told = claimed.event_body.get("value_usd") if mapped.value is None and mapped.currency is None else None
    currency = mapped.currency or claimed.currency or pixel.app_settings.currency
    return money_of(value, currency, None if told is None else Decimal(told), rates)


def _window_notes(claimed: Claimed, click: Mapping[str, Any]) -> tuple[str, ...]:
    if (
        not click
        or claimed.occurred_at.timestamp() * 1000 - click["at_ms"] <= ATTRIBUTION_WINDOW.total_seconds() * 1000
    ):
        return ()
    return (OUTSIDE_WINDOW,)


def _ttclid(event: Mapping[str, Any], install: Mapping[str, Any], click: Mapping[str, Any]) -> str | None:
    """An app may hand over the click id it read itself, as an attribute at its subscription platform."""
    for source in (event, install):
        said = source.get("ttclid")
        if isinstance(said, str) and said.isascii() and said.isprintable() and 0 < len(said) <= MAX_TTCLID_CHARS:
            return said
    found: str | None = click.get("ttclid")
    return found


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _ttp(click: Mapping[str, Any], pixel: SendingPixel) -> str | None:
    ttp: str | None = click.get("ttp")
    if ttp and not pixel.app_settings.generate_ttp and ttp == generated_ttp(click["click_id"]):
        return None
    return ttp


def _ip(event: Mapping[str, Any], install: Mapping[str, Any], click: Mapping[str, Any]) -> str | None:
    """The nearest address that can be sent: an app's own server, or a proxy nobody trusts, has one that cannot."""
    given = [ip for ip in (event.get("ip"), install.get("ip"), click.get("ip"), click.get("macro_ip")) if ip]
    return next((ip for ip in given if public_ip(ip)), given[0] if given else None)


def _user_agent(event: Mapping[str, Any], install: Mapping[str, Any], click: Mapping[str, Any]) -> str | None:
    own = [agent for agent in (event.get("user_agent"), install.get("user_agent")) if agent]
    browsers = [agent for agent in own if agent.startswith("Mozilla/")]
    # an HTTP library's name says nothing to TikTok, so the click's browser comes before it
    return next(iter([*browsers, *filter(None, [click.get("user_agent")]), *own]), None)


def _locale(install: Mapping[str, Any], click: Mapping[str, Any]) -> str | None:
    named = (install.get("device") or {}).get("locale")
    if named:
        return str(named)
    first = (click.get("languages") or "").split(",", maxsplit=1)[0]
    return first.split(";", maxsplit=1)[0].strip() or None


def _external_id(user: Mapping[str, Any], claimed: Claimed) -> Any:
    # not the event's other ids: a subscription platform makes up its own, and they only join
    return user.get("external_id") or next(iter(claimed.install_external_ids), claimed.install_id)


def _page_url(click: Mapping[str, Any], pixel: SendingPixel, public_base: str) -> str:
    base = link_bases(public_base, pixel.app_settings.domains)[0]
    if click.get("link"):
        url = f"{base}/{click['link']}"
        return f"{url}?{click['query']}" if click.get("query") else url
    return f"{base}/{pixel.link_slug}" if pixel.link_slug else base
