"""One request of the console: who asks, in which session, about which app, and how it is answered."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from admin.apps import App
from admin.demo import is_demo
from admin.live_feed import Feeds
from admin.session import Session
from admin.sign_in import UserSession
from admin.throttle import Throttle
from admin.times import named_zone, parse_time
from admin.users import Role
from console.forms import FormState, Posted
from console.navigation import Navigation, navigation
from console.numbers import Numbers, locale_of
from console.page import Page, Snapshots
from console.rendering import render
from console.seal import Seal
from console.syncs import Syncs


class NotThere(Exception):
    """There is no such thing: the sentence says what, and the way on."""

    def __init__(self, sentence: str, way_on: str = "/", label: str = "") -> None:
        super().__init__(sentence)
        self.way_on = way_on
        self.label = label
        """What the link to it says."""


@dataclass(frozen=True, slots=True)
class Console:
    """What every request is served with, for as long as the process serves."""

    session: Session
    throttle: Throttle
    seal: Seal
    pages: tuple[Page, ...]
    syncs: Syncs
    feeds: Feeds


@dataclass(frozen=True, slots=True)
class Call:
    """What a page's functions are given."""

    request: Request
    console: Console
    session: Session
    """For acts: its actor is whoever is signed in."""
    user: UserSession | None = None
    app: App | None = None
    """Where the path has `{app_id}`."""
    zone: str = ""
    """The one that the app's days are counted in."""
    posted: Posted | None = None
    """The form that was sent and not done, while its page is shown again."""
    headers: dict[str, str] = field(default_factory=dict)
    snapshots: Snapshots = field(default_factory=dict)
    """What the page's forms are opened with."""

    @property
    def me(self) -> UserSession:
        """Whoever is signed in, on a page that somebody has to be signed in for."""
        assert self.user is not None  # noqa: S101 - the route table says so
        return self.user

    @property
    def this_app(self) -> App:
        """The app of a page below `/apps/{app_id}`."""
        assert self.app is not None  # noqa: S101 - the path says so
        return self.app

    def may(self, role: Role) -> bool:
        return self.user is not None and self.user.role.may(role)

    def leads_to(self, path: str) -> bool:
        """Whether the route table has a page of this path, and it is for whoever looks."""
        return any(page.path == path and page.role is not None and self.may(page.role) for page in self.console.pages)

    def asked(self, name: str, otherwise: str = "") -> str:
        """A parameter of the URL."""
        return self.request.query_params.get(name, otherwise).strip()

    def named(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def numbers(self) -> Numbers:
        """How whoever looks reads numbers; the zone is the app's."""
        return Numbers(locale_of(self.request.headers.get("accept-language", "")), named_zone(self.zone))

    def time_asked(self, name: str) -> datetime | None:
        """A time of the URL; without an offset it is one of the zone that the page's times are shown in.

        Raises:
            Refused: it is none.
        """
        text = self.asked(name)
        return parse_time(name, text, datetime.now(UTC), self.numbers().zone) if text else None

    def showing(self, posted: Posted) -> "Call":
        """The same, with a form that was not done."""
        return replace(self, posted=posted)

    def form(self, name: str, key: str = "") -> FormState:
        """A form of the page as it is to be shown. `key` tells those of one name apart."""
        mine = self.posted if self.posted and (self.posted.form, self.posted.key) == (name, key) else None
        return FormState(name, key, mine)

    def page(self, template: str, status: int = 0, **shown: Any) -> Response:
        """The template as a page. Templates find, beside what they are given: `user`, `app`, `may`, `state_of`,
        `leads_to`, `posted`, `lost`, `token`, `snapshot`, `numbers`, `navigation`, `notices`, `path` and `query`.
        """
        code = status or (self.posted.status if self.posted else 200)
        frame, seen = self._frame(), set[tuple[str, str]]()
        html = render(template, {**frame, "state_of": self._noting(seen), **shown})
        if self.posted and (self.posted.form, self.posted.key) not in seen:  # a row that is gone had it
            html = render(template, {**frame, "lost": self.posted.sentences(), **shown})
        return HTMLResponse(html, code, self.headers)

    def _noting(self, seen: set[tuple[str, str]]) -> Callable[..., FormState]:
        def form(name: str, key: str = "") -> FormState:
            seen.add((name, key))
            return self.form(name, key)

        return form

    def go(self, to: str) -> Response:
        return RedirectResponse(to, 303, self.headers)

    def _frame(self) -> Mapping[str, Any]:
        return {
            "user": self.user,
            "app": self.app,
            "may": lambda role: self.may(Role(role)),
            "leads_to": self.leads_to,
            "state_of": self.form,
            "posted": self.posted,
            "lost": (),
            "token": self._token,
            "snapshot": self._snapshot,
            "numbers": self.numbers(),
            "navigation": self._navigation(),
            "notices": self._notices(),
            "is_demo": self.app is not None and is_demo(self.session, self.app.app_id),
            "path": self.request.url.path,
            "query": self.request.query_params,
        }

    def _token(self) -> str:
        return self.console.seal.form_token(self.user.token_hash) if self.user else ""

    def _snapshot(self, form: FormState) -> str:
        """The one it was sent with, until it was told of the difference: a typing error makes no page younger."""
        if form.posted and not form.posted.is_stale:
            return form.posted.values.get("_snapshot", "")
        record = self.snapshots.get((form.name, form.key))
        return "" if record is None else self.console.seal.snapshot(form.name, form.key, record)

    def _navigation(self) -> Navigation | None:
        if self.user is None:
            return None
        app_id = self.app.app_id if self.app else ""
        return navigation(self.console.pages, self.user.role, self.request.url.path, app_id)

    def _notices(self) -> Iterable[str]:
        return [*(self.user.notices if self.user else ()), *self.session.notes]
