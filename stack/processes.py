"""The processes of Signalpost: what `up` starts, `run` knows and the Procfile lists."""

from dataclasses import dataclass
from enum import StrEnum

from config.settings import METRICS_PORT_OFFSET, Settings
from stack.ports import reachable_host

SANDBOX_PIXEL = "SIGNALPOST_SANDBOX_PIXEL"
SANDBOX_LINK = "SIGNALPOST_SANDBOX_LINK"
SANDBOX_TOKEN = "SIGNALPOST_SANDBOX_TOKEN"  # noqa: S105 - the name of a variable
# The developer app that the sandbox knows from the start: no secret. A test compares it with the sandbox's own.
SANDBOX_APP = {"tiktok_app_id": "7000000000000000042", "tiktok_app_secret": "sandbox-app-secret"}


class ProcessName(StrEnum):
    """In the order they are started; they are stopped the other way round."""

    SANDBOX = "sandbox"
    REDIRECTOR = "redirector"
    FORWARDER = "forwarder"
    WORKER = "worker"
    CONSOLE = "console"


ALWAYS = (ProcessName.REDIRECTOR, ProcessName.FORWARDER, ProcessName.WORKER, ProcessName.CONSOLE)


@dataclass(frozen=True, slots=True)
class Port:
    """One TCP port a process listens on, with the setting that moves it."""

    setting: str
    number: int


def port_of(process: ProcessName, settings: Settings) -> Port:
    """Where the process answers; number 0 = nowhere."""
    setting = f"{process.value}_port"
    number: int = getattr(settings, setting)
    return Port(setting.upper(), number)


def ports_of(process: ProcessName, settings: Settings) -> list[Port]:
    """Every port the process listens on."""
    port = port_of(process, settings)
    if not port.number:
        return []
    if process is ProcessName.SANDBOX:
        return [port]
    return [port, Port(f"{port.setting} + {METRICS_PORT_OFFSET} (metrics)", port.number + METRICS_PORT_OFFSET)]


def url_of(process: ProcessName, settings: Settings) -> str:
    """Where this machine reaches the process; empty where it has no listener."""
    port = port_of(process, settings)
    return f"http://{reachable_host(settings.host)}:{port.number}" if port.number else ""
