"""Developer apps, the codes a login gives and the tokens they are exchanged for."""

import secrets
from typing import Annotated

import msgspec

from sandbox.codes import Code, message_of
from sandbox.refusals import Refusal

CODE_LIFETIME_S = 3600
REFRESH_LIFETIME_S = 365 * 86_400

# Ids of the permission scopes (PD); a parent grants its children. That of Upgraded Smart+ ads is *invented*: it is a
# permission of its own, and its id was not found.
SMART_PLUS_SCOPE = 23
ALL_SCOPES = (1, 2, 4, 5, 8, SMART_PLUS_SCOPE)

Text = Annotated[str, msgspec.Meta(min_length=1)]


class DeveloperApp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An app as its developer set it up at TikTok."""

    app_id: Text
    secret: Text
    scope: tuple[int, ...] = ALL_SCOPES
    redirect_urls: tuple[str, ...] = ()
    """Where its logins may return to, to the letter; empty = anywhere, which TikTok does not offer."""
    expires_in: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Seconds. Given, its tokens end and come with a refresh token; TikTok's advertiser tokens do neither."""


# Always there, so that "Connect TikTok" can be tried without a developer account.
SANDBOX_APP = DeveloperApp(app_id="7000000000000000042", secret="sandbox-app-secret")  # noqa: S106 - no secret at all


class Grant(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A token, and what it may read."""

    access_token: Text
    app_id: str = SANDBOX_APP.app_id
    account_id: str = "account"
    """Whose login it came from; what is shared with them later it reaches too."""
    scope: tuple[int, ...] = ALL_SCOPES
    advertiser_ids: tuple[str, ...] | None = None
    """None = every advertiser of the account, now and later."""
    expires_at: float | None = None
    """Unix seconds."""
    refresh_token: str | None = None
    refreshed_until: float | None = None
    """When the refresh token ends, in Unix seconds."""


class _AuthCode(msgspec.Struct):
    app_id: str
    account_id: str
    issued_at: float
    used: bool = False


class Grants:
    """The apps, codes and tokens of this sandbox."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._apps: dict[str, DeveloperApp] = {SANDBOX_APP.app_id: SANDBOX_APP}
        self._codes: dict[str, _AuthCode] = {}
        self._grants: dict[str, Grant] = {}
        self._standing: dict[str, str] = {}

    def register(self, app: DeveloperApp) -> None:
        self._apps[app.app_id] = app

    def app(self, app_id: str) -> DeveloperApp | None:
        return self._apps.get(app_id)

    def apps(self) -> list[DeveloperApp]:
        return list(self._apps.values())

    def authenticated(self, app_id: str, secret: str) -> DeveloperApp:
        """The app. Raises `Refusal` unless the secret is its own."""
        app = self._apps.get(app_id)
        if app is None or not secrets.compare_digest(app.secret.encode(), secret.encode()):
            raise Refusal("The app_id or secret is incorrect.", Code.INVALID_PARTNER)
        return app

    def new_code(self, app: DeveloperApp, account_id: str, now: float) -> str:
        code = secrets.token_hex(20)
        self._codes[code] = _AuthCode(app.app_id, account_id, now)
        return code

    def exchange(self, app: DeveloperApp, code: str, now: float) -> Grant:
        """A token for a code, which is good once and for an hour. Raises `Refusal`."""
        found = self._codes.get(code)
        if found is None or found.app_id != app.app_id:
            raise Refusal("Invalid auth_code.", Code.AUTH_CODE_ERROR)
        if found.used:
            raise Refusal("Auth_code is used, please authorize again.", Code.AUTH_CODE_ERROR)
        if now >= found.issued_at + CODE_LIFETIME_S:
            raise Refusal("Auth_code is expired, please authorize again.", Code.AUTH_CODE_ERROR)
        found.used = True
        return self._issue(app, found.account_id, app.scope, now)

    def refresh(self, app: DeveloperApp, refresh_token: str, now: float) -> Grant:
        """A new token for a refresh token; the old pair ends. Raises `Refusal`: 40107 where there is none to use."""
        for old in self._grants.values():
            if old.refresh_token == refresh_token and old.app_id == app.app_id:
                if old.refreshed_until is not None and now >= old.refreshed_until:
                    raise Refusal(message_of(Code.REFRESH_TOKEN_EXPIRE), Code.REFRESH_TOKEN_EXPIRE)
                del self._grants[old.access_token]
                return self._issue(app, old.account_id, old.scope, now)
        raise Refusal(message_of(Code.INVALID_REFRESH_TOKEN), Code.INVALID_REFRESH_TOKEN)

    def stand(self, account_id: str, token: str) -> None:
        """Make a token good now, and the one that every later login of the account is given again."""
        self._standing[account_id] = token
        self.set(Grant(access_token=token, account_id=account_id))

    def set(self, grant: Grant) -> None:
        self._grants[grant.access_token] = grant

    def find(self, token: str) -> Grant | None:
        return self._grants.get(token)

    def all(self) -> list[Grant]:
        return list(self._grants.values())

    def revoke(self, token: str) -> Grant | None:
        """Take a token away; None when it was not known."""
        return self._grants.pop(token, None)

    def _issue(self, app: DeveloperApp, account_id: str, scope: tuple[int, ...], now: float) -> Grant:
        # 40 digits, and never one that starts with `bad`, which the sandbox refuses by itself
        access_token = self._standing.get(account_id) or f"a{secrets.token_hex(20)[1:]}"
        grant = Grant(access_token=access_token, app_id=app.app_id, account_id=account_id, scope=scope)
        if app.expires_in is not None:
            grant.expires_at = now + app.expires_in
            grant.refresh_token = secrets.token_hex(20)
            grant.refreshed_until = now + REFRESH_LIFETIME_S
        self.set(grant)
        return grant
