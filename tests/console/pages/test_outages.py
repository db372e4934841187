"""PostgreSQL or Redis away, and the end of the process."""

import signal
import subprocess
import time
from http import HTTPStatus
from pathlib import Path

from anyio.from_thread import start_blocking_portal

from admin.session import open_session
from admin.users import Role, create_user
from config.settings import AllSettings
from ledger.migrate import migrate
from stack.engines.postgresql import PostgreSQL
from tests.console.pages.browser import console_process
from tests.console.pages.conftest import MakePerson
from tests.console.pages.person import PASSWORD, Forms, Person
from tests.console.pages.serving import served
from tests.engines import start_engine, stop_engine


async def first_user(settings: AllSettings) -> None:
    async with open_session(settings) as session:
        await create_user(session, "owner@example.com", Role.OWNER, PASSWORD)


def test_while_postgresql_is_away_a_form_is_kept_and_can_be_sent_again(redis_url: str, data_dir: Path) -> None:
    engine = PostgreSQL(data_dir)
    process: subprocess.Popen[bytes] = start_engine(engine)
    settings = AllSettings(database_url=engine.database_url("postgres"), redis_url=redis_url, data_dir=data_dir)
    try:
        with start_blocking_portal() as portal:
            portal.call(migrate, settings.database_url)
            portal.call(first_user, settings)
        with served(settings) as url, Person(url) as owner:
            owner.sign_in("owner@example.com")
            form = owner.fill("/users", "create", email="new@example.com", role="viewer", password="")
            process.kill()
            process.wait()
            answer = owner.post("/users", form)
            assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
            assert answer.headers["retry-after"] == "5"
            assert "new@example.com" in answer.text
            assert owner.open("/audit").status_code == HTTPStatus.SERVICE_UNAVAILABLE
            process = start_engine(engine)
            again = owner.post("/users", Forms(answer.text).forms[0])
            assert again.status_code == HTTPStatus.OK
            assert "shown this once" in again.text
    finally:
        stop_engine(engine, process)


def test_without_redis_one_signs_in_all_the_same(settings: AllSettings, make_person: MakePerson) -> None:
    make_person(Role.OWNER)
    with served(settings.model_copy(update={"redis_url": "redis://127.0.0.1:9"})) as url, Person(url) as person:
        person.sign_in("owner@example.com")
        assert "redis" in person.open("/health").text


def test_a_stop_is_quick_and_clean(settings: AllSettings) -> None:
    with console_process(settings) as console, Person(console.url) as person:
        assert person.open("/login").status_code == HTTPStatus.OK  # and its connection stays open
        started = time.monotonic()
        console.process.send_signal(signal.SIGTERM)
        assert console.process.wait(20) == 0
        assert time.monotonic() - started < 5
