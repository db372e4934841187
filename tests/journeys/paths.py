"""Which of our modules a click, an install, an event and a delivery pass through: `python -m tests.journeys.paths`.

Each is handled once, in this process, over real sockets and engines. Noted is every module one of whose functions runs
for it, in the order they are first entered; what the process does beside it is not.
"""

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

import anyio
import httpx
import uvicorn

from clicks.connection import connect
from clicks.links import publish_links
from clicks.store import ClickStore
from forwarder.__main__ import _options
from forwarder.app import build_app
from forwarder.delivering.scheduler import DeliveryScheduler
from forwarder.intake.protocol import IntakeProtocol
from forwarder.jobs.timetable import TIMETABLE, JobContext, JobScheduler
from forwarder.worker import _utc_now
from redirector.protocol import SignalLinkProtocol
from tests.clicks.test_macros import GENERATED
from tests.engines import SessionEngines, session_engines, short_directory
from tests.forwarder.api import KEY, Api, install_body, opened_api, settings
from tests.forwarder.delivering.scene import CLICK, Scene, opened_scene
from tests.forwarder.running_sandbox import running_sandbox
from tests.redirector.serving import LINKS
from tests.redirector.ways import Clock, listening, served, way_settings
from tests.redirector.wire import ask_on, request

OURS = frozenset({"redirector", "clicks", "forwarder", "ledger", "tiktok", "config"})
# whoever comes when every connection to PostgreSQL is taken opens one: that is no part of anybody's path
OPENING_A_CONNECTION = frozenset({"ledger.connecting", "ledger.database_url"})
_ON_PATH: ContextVar[bool] = ContextVar("on_path", default=False)  # tasks inherit it from whoever starts them

Modules = tuple[str, ...]


@contextmanager
def _noting() -> Iterator[dict[str, None]]:
    """Modules of ours in the order they are entered, as far as `_ON_PATH` is set where their functions run."""
    entered: dict[str, None] = {}

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and _ON_PATH.get() and frame.f_code.co_name != "<module>":
            name: str = frame.f_globals.get("__name__", "")
            if name.partition(".")[0] in OURS and name not in OPENING_A_CONNECTION:
                entered.setdefault(name)

    before = sys.getprofile()
    sys.setprofile(note)
    threading.setprofile(note)
    try:
        yield entered
    finally:
        sys.setprofile(before)
        threading.setprofile(before)


def _on_path(protocol: type[Any]) -> type[Any]:
    """The protocol; all that follows from what it receives is on the path."""

    def data_received(self: Any, data: bytes) -> None:
        _ON_PATH.set(True)
        protocol.data_received(self, data)

    return type(protocol.__name__, (protocol,), {"data_received": data_received})


@dataclass(frozen=True, slots=True)
class World:
    """What the paths run on."""

    engines: SessionEngines
    sandbox_url: str


async def click(world: World) -> Modules:
    """The first one of its ad and phone: later ones are answered partly from memory."""
    redis_url = world.engines.empty_redis()
    with short_directory() as directory, _noting() as entered:
        async with connect(redis_url) as redis:
            await publish_links(redis, LINKS)
        async with served(way_settings(redis_url, directory), _on_path(SignalLinkProtocol), Clock()) as (port, _):
            (reply,) = await ask_on(port, [request(f"/spring?{GENERATED}&ttclid=E.C.P.abcdef")])
    assert reply.status == 302
    return tuple(entered)


async def install(world: World) -> Modules:
    """Of a phone that clicked before."""

    async def prepare(api: Api) -> None:
        await api.click()

    return await _posted(world, prepare, "/v1/installs", install_body())


async def event(world: World) -> Modules:
    """A purchase on a phone whose install is known."""

    async def prepare(api: Api) -> None:
        await api.install()

    purchase = {"event_id": "e-1", "install_id": "i-1", "name": "purchase", "value": "9.99", "currency": "EUR"}
    return await _posted(world, prepare, "/v1/events", purchase)


async def _posted(world: World, prepare: Callable[[Api], Awaitable[None]], path: str, body: dict[str, Any]) -> Modules:
    headers = {"Authorization": f"Bearer {KEY}"}
    with short_directory() as directory, world.engines.empty_database() as database_url, _noting() as entered:
        app_settings = settings(database_url, world.engines.empty_redis(), directory)
        async with opened_api(app_settings) as api:
            await prepare(api)
            config = uvicorn.Config(build_app(app_settings), **_options(app_settings))
            config.http = _on_path(IntakeProtocol)
            async with listening(config) as port, httpx.AsyncClient(trust_env=False) as client:
                answer = await client.post(f"http://127.0.0.1:{port}{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return tuple(entered)


async def delivery(world: World) -> Modules:
    """A purchase on its way to TikTok, with the click it is credited to."""
    redis: Any = connect(world.engines.empty_redis())
    with world.engines.empty_database() as database_url, _noting() as entered:
        async with opened_scene(database_url, world.sandbox_url) as scene, redis:
            await scene.install(click=CLICK)
            await scene.delivery("e1")
            await _deliver(scene, redis)
    return tuple(entered)


async def _deliver(scene: Scene, redis: Any) -> None:
    """As the worker does, but for the other lines of its timetable."""
    (line,) = (task for task in TIMETABLE if task.name == "deliver")
    stopping, failed = anyio.Event(), []  # type: tuple[anyio.Event, list[str]]
    delivery_context, job_scheduler = (
        replace(scene.delivery_context, clock=_utc_now),
        JobScheduler(stopping, failed.append),
    )

    async def keep(job: JobContext) -> None:
        _ON_PATH.set(True)
        await job_scheduler.keep(line, job)

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            scheduler = DeliveryScheduler(delivery_context, tasks, stopping, job_scheduler.guarded)
            tasks.start_soon(keep, JobContext(delivery_context, scheduler, redis, ClickStore(redis, (b"k" * 32,))))
            while scheduler.busy or await scene.states() != {"delivered": 1}:  # noqa: ASYNC110 - there is no event for it
                await anyio.sleep(0.02)
            stopping.set()
    assert not failed


PATHS: dict[str, Callable[[World], Awaitable[Modules]]] = {
    "click": click,
    "install": install,
    "event": event,
    "delivery": delivery,
}


def walk(world: World, name: str) -> Modules:
    _forget_answers()

    async def run() -> Modules:
        return await PATHS[name](world)

    return asyncio.run(run())


def _forget_answers() -> None:
    """What a function remembers of its earlier calls would hide it from the walk."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in OURS:
            for value in list(vars(module).values()):
                if callable(clear := getattr(value, "cache_clear", None)):
                    clear()


def main() -> None:
    with session_engines() as engines, running_sandbox() as sandbox_url:
        walked = {name: walk(World(engines, sandbox_url), name) for name in PATHS}
    for name, modules in walked.items():
        print(f"{name}: {len(modules)} modules")  # noqa: T201
        for module in modules:
            print(f"    {module}")  # noqa: T201


if __name__ == "__main__":
    main()
