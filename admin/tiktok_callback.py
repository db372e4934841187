"""The way back from TikTok's login page: what the console's callback asks for, and what it is told."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from ad_accounts.account_side import AccountSide
from ad_accounts.connecting import Redeemed, import_accounts, keep_grant, only_choice, redeem
from ad_accounts.importing import Imported
from ad_accounts.oauth_state import LIFETIME, StateRefused, read_state
from admin.apps import require_app
from admin.audit import audited
from admin.refusal import Refused
from admin.session import Session
from admin.tiktok_accounts import account_side, login_url
from ledger.advertisers import advertisers_of, select_advertiser
from tiktok.account_refusals import ApiRefused
from tiktok.account_values import text
from tiktok.oauth import NoToken

Kind = Literal["wrong", "expired", "used", "cancelled", "refused", "unavailable", "not_set_up"]

_MINUTES: Final = int(LIFETIME.total_seconds() // 60)
_SENTENCES: Final[dict[Kind, str]] = {
    "wrong": "This address does not come from a login that was begun here.",
    "expired": f"This login took longer than {_MINUTES} minutes.",
    "used": "This login was finished already: a page that is loaded again changes nothing.",
}
_LONGEST_CODE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Callback:
    """What stands in the address that TikTok sent the browser to."""

    code: str
    state: str
    error: str = ""
    """Why there is no code, in TikTok's words."""


@dataclass(frozen=True, slots=True)
class ShownAdvertiser:
    advertiser_id: str
    name: str
    currency: str
    timezone: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Connected:
    """What a login brought."""

    app_id: str
    app_name: str
    advertisers: list[ShownAdvertiser]
    pixels: int
    again_url: str = ""
    """Another login, where this one has no ad account."""
    notes: list[str] = field(default_factory=list)
    """What TikTok did not tell, and why."""


class NotConnected(Refused):
    """The login came to nothing, and nothing was stored."""

    def __init__(self, kind: Kind, sentence: str, app_id: str = "") -> None:
        super().__init__(sentence)
        self.kind: Final = kind
        self.app_id = app_id
        """Empty where the address does not say it credibly."""

    @property
    def way_out(self) -> str:
        """How to begin again: the command to be run."""
        return f"signalpost tiktok connect --app {self.app_id or 'ID'}"


async def finish_connect(session: Session, callback: Callback) -> Connected:
    """The app is connected.

    Raises:
        NotConnected: the state or the code is not good, TikTok refused, or someone cancelled.
    """
    async with account_side(session) as side:
        redeemed = await _redeemed(session, side, callback)
        app_id = redeemed.state.app_id
        app = await require_app(session, app_id)
        async with audited(session, "tiktok.connect", app_id, app_id) as change:
            await keep_grant(change.connection, session.keyring, redeemed, datetime.now(UTC))
            change.after = {"scopes": list(redeemed.token.scopes)}
        imported = await import_accounts(side, redeemed, _now)
        await _choose(session, app_id, imported)
        return Connected(
            app_id=app_id,
            app_name=app.name,
            advertisers=await _shown(session, app_id, imported),
            pixels=imported.pixels,
            again_url="" if imported.advertiser_ids else login_url(session, side, app_id),
            notes=imported.notes,
        )


async def _redeemed(session: Session, side: AccountSide, callback: Callback) -> Redeemed:
    if side.app is None:
        raise NotConnected("not_set_up", "TIKTOK_APP_ID and TIKTOK_APP_SECRET are not set.")
    if callback.error:
        said = text(callback.error)[:200]
        raise NotConnected("cancelled", f"TikTok gave no access: {said}.", _app_of(session, callback.state))
    if not callback.code or len(callback.code) > _LONGEST_CODE or not callback.code.isascii():
        raise NotConnected("wrong", _SENTENCES["wrong"], _app_of(session, callback.state))
    try:
        return await redeem(side, callback.code, callback.state, _now)
    except StateRefused as refused:
        raise NotConnected(refused.kind, _SENTENCES[refused.kind], refused.app_id) from None
    except NoToken as error:
        raise NotConnected("refused", f"{error}.", _app_of(session, callback.state)) from None
    except ApiRefused as error:
        kind: Kind = "unavailable" if error.kind in {"throttled", "transient"} else "refused"
        sentence = f"TikTok did not take the login ({error.words}). {error.remedy if kind == 'refused' else ''}".strip()
        raise NotConnected(kind, sentence, _app_of(session, callback.state)) from None


def _app_of(session: Session, state: str) -> str:
    """Of the app that the state names, for the way out; a state that is not ours names none."""
    try:
        return read_state(session.keyring, state, _now()).app_id
    except StateRefused as refused:
        return refused.app_id


async def _choose(session: Session, app_id: str, imported: Imported) -> None:
    only = await only_choice(session.database, app_id, imported)
    if not only:
        return
    async with audited(session, "tiktok.use", only, app_id) as change:
        await select_advertiser(change.connection, app_id, only, _now())
        change.after = {"advertiser_id": only}


async def _shown(session: Session, app_id: str, imported: Imported) -> list[ShownAdvertiser]:
    return [
        ShownAdvertiser(one.advertiser_id, one.name, one.currency, one.timezone, one.selected)
        for one in await advertisers_of(session.database, app_id)
        if one.advertiser_id in imported.advertiser_ids
    ]


def _now() -> datetime:
    return datetime.now(UTC)
