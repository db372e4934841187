"""The console on the real engines, and people who use it."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from admin.apps import create_app
from admin.session import Session, open_session
from admin.users import Role, create_user
from config.settings import AllSettings
from tests.account_sandbox import AccountSandbox, account_sandbox
from tests.console.pages.person import PASSWORD, Person
from tests.console.pages.serving import served

Act = Callable[[Callable[[Session], Awaitable[Any]]], Any]
MakePerson = Callable[..., Person]


@pytest.fixture
def settings(database_url: str, redis_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> AllSettings:
    monkeypatch.chdir(data_dir)  # no .env of whoever runs the tests
    return AllSettings(
        database_url=database_url,
        redis_url=redis_url,
        data_dir=data_dir,
        public_url="https://go.example.com",
        tiktok_api_url="http://127.0.0.1:9",
    )


@pytest.fixture
def sandbox() -> Iterator[AccountSandbox]:
    """What stands in TikTok's place for a module whose `settings` are `connected_settings(settings, sandbox)`."""
    with account_sandbox() as running:
        yield running


@pytest.fixture
def act(settings: AllSettings) -> Act:
    """Do an act behind the console's back: `act(lambda session: list_users(session))`."""

    def run(work: Callable[[Session], Awaitable[Any]]) -> Any:
        async def in_session() -> Any:
            async with open_session(settings, actor="cli:tests") as session:
                return await work(session)

        with start_blocking_portal() as portal:  # a thread of its own: Playwright has a loop in this one
            return portal.call(in_session)

    return run


@pytest.fixture
def base_url(settings: AllSettings) -> Iterator[str]:
    """Where the console answers."""
    with served(settings) as url:
        yield url


@pytest.fixture
def stranger(base_url: str) -> Iterator[Person]:
    """Whoever is not signed in."""
    with Person(base_url) as person:
        yield person


@pytest.fixture
def make_person(base_url: str, act: Act) -> Iterator[MakePerson]:
    """`make_person(Role.EDITOR)`: a user of this role, signed in."""
    people: list[Person] = []

    def make(role: Role = Role.OWNER, email: str = "") -> Person:
        email = email or f"{role}@example.com"
        act(lambda session: create_user(session, email, role, PASSWORD))
        people.append(Person(base_url))
        people[-1].sign_in(email)
        return people[-1]

    yield make
    for person in people:
        person.close()


@pytest.fixture
def owner(make_person: MakePerson) -> Person:
    return make_person(Role.OWNER)


@pytest.fixture
def app_id(act: Act) -> str:
    """An app with a time zone and a currency."""
    created = act(lambda session: create_app(session, "Tea Timer", {"timezone": "Europe/Berlin", "currency": "EUR"}))
    return str(created["app_id"])
