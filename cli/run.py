"""`signalpost run`: one process in the foreground. The Procfile and `signalpost up` call it."""

import errno
import gc
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated

import structlog
import typer

from admin.engine_urls import NO_DATABASE, NO_REDIS, unused_words
from admin.refusal import Refused
from cli.refusal import refusals
from config.env_conflicts import differing_secrets
from config.logging import configure_logging
from config.settings import AllSettings, ForwarderSettings, RedirectorSettings, S, Settings, WorkerSettings, load
from stack.held_start import await_release, is_held
from stack.parent import end_with_parent
from stack.ports import port_problem
from stack.processes import SANDBOX_LINK, SANDBOX_PIXEL, SANDBOX_TOKEN, ProcessName, ports_of


def run_command(name: Annotated[ProcessName, typer.Argument(help="Which process.")]) -> None:
    """Run one process in the foreground, until SIGTERM or SIGINT."""
    end_with_parent()
    with refusals():
        if is_held():
            _load_code(name)
            await_release()
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again once it has stopped in good order, which is not a failure
        signal.signal(number, _end)
    with refusals():
        try:
            PROCESSES[name]()
        except OverflowError:  # a port + 1000 is none
            if problem := _port_problem(name):
                raise Refused(problem) from None
            raise
        except OSError as error:
            unknown_host = error.errno is not None and error.errno < 0  # getaddrinfo's own numbers
            if not unknown_host and error.errno not in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}:
                raise
            problem = _port_problem(name)
            if unknown_host and not problem:  # another than HOST
                raise
            raise Refused(problem or f"{name.value} cannot listen: {error.strerror}") from None
        except SystemExit as ending:  # uvicorn's answer to a port it cannot have
            if ending.code and (problem := _port_problem(name)):
                raise Refused(problem) from None
            raise


def _load_code(name: ProcessName) -> None:
    """Load what the process will run, while whoever started it prepares what it stands on."""
    gc.disable()  # nothing of it is garbage, and looking through it again and again takes a tenth of the time
    if name is ProcessName.FORWARDER:
        from forwarder.__main__ import load_code  # noqa: PLC0415 - each process loads its own code only

        load_code(load(ForwarderSettings))
    for module in CODE[name]:
        import_module(module)
    gc.enable()


def _end(*_: object) -> None:
    sys.exit(0)


def _port_problem(process: ProcessName) -> str | None:
    settings = load(Settings)
    problems = (port_problem(port.setting, settings.host, port.number) for port in ports_of(process, settings))
    return next((problem for problem in problems if problem), None)


def _load(settings_class: type[S], process: ProcessName) -> S:
    settings = load(settings_class)
    configure_logging(settings.log_level, settings.log_format, process.value)
    for name in differing_secrets(os.environ):
        structlog.get_logger().warning("the environment and .env differ: the environment rules", setting=name)
    if process is not ProcessName.CONSOLE and not settings.redis_url:
        raise Refused(NO_REDIS)
    from clicks.connection import connect  # noqa: PLC0415 - each process loads its own code only

    if settings.redis_url:
        connect(
            settings.redis_url
        )  # opens nothing: a URL that cannot be read is one sentence, not a worker's traceback
    if process is not ProcessName.REDIRECTOR and not settings.database_url:
        raise Refused(NO_DATABASE)
    if process is not ProcessName.REDIRECTOR and (words := unused_words(settings.database_url)):
        structlog.get_logger().warning("words of DATABASE_URL change nothing here", words=", ".join(words))
    return settings


def _redirector() -> None:
    from redirector.__main__ import serve  # noqa: PLC0415 - each process loads its own code only

    serve(_load(RedirectorSettings, ProcessName.REDIRECTOR))


def _forwarder() -> None:
    from forwarder.__main__ import serve  # noqa: PLC0415

    serve(_load(ForwarderSettings, ProcessName.FORWARDER))


def _worker() -> None:
    from forwarder.worker import serve  # noqa: PLC0415

    settings = _load(WorkerSettings, ProcessName.WORKER)
    if problem := _port_problem(ProcessName.WORKER):
        # a second worker beside a running `up` works all the same: the port only answers for its health
        structlog.get_logger().warning("this worker has no listener", reason=problem)
        settings = settings.model_copy(update={"worker_port": 0})
    serve(settings)


def _console() -> None:
    from console.__main__ import serve  # noqa: PLC0415

    serve(_load(AllSettings, ProcessName.CONSOLE))


def _sandbox() -> None:
    from sandbox.server import serve  # noqa: PLC0415

    settings = load(Settings)
    configure_logging(settings.log_level, settings.log_format, ProcessName.SANDBOX.value)
    pixel, token = os.environ.get(SANDBOX_PIXEL) or None, os.environ.get(SANDBOX_TOKEN) or None
    link = os.environ.get(SANDBOX_LINK) or f"{settings.public_base}/demo"
    serve((settings.host, settings.sandbox_port), pixel=pixel, token=token, ads_lead_to=link)


PROCESSES: dict[ProcessName, Callable[[], None]] = {
    ProcessName.REDIRECTOR: _redirector,
    ProcessName.FORWARDER: _forwarder,
    ProcessName.WORKER: _worker,
    ProcessName.CONSOLE: _console,
    ProcessName.SANDBOX: _sandbox,
}
CODE: dict[ProcessName, tuple[str, ...]] = {
    ProcessName.REDIRECTOR: ("redirector.__main__", "clicks.connection"),
    ProcessName.FORWARDER: (),  # by `load_code` of its own: its metrics need a directory first
    ProcessName.WORKER: ("forwarder.worker",),
    ProcessName.CONSOLE: ("console.__main__",),
    ProcessName.SANDBOX: ("sandbox.server",),
}
