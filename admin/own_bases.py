"""Under which addresses the redirector is reached: a link that led to one of them would go round in circles."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from ledger.destinations import destination_problem
from ledger.setting_values import SettingError
from ledger.sites import link_bases

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def own_bases(public_base: str, domains: Iterable[str] = ()) -> list[str]:
    """The bases of the app's links; where PUBLIC_URL is a loopback address, this machine's other names for it, too."""
    public = urlsplit(public_base)
    bases = link_bases(public_base, domains)
    if not _is_loopback(public.hostname or ""):
        return bases
    port = f":{public.port}" if public.port else ""
    return [*bases, *(f"{public.scheme}://{host}{port}" for host in LOOPBACK_HOSTS)]


def check_destination(field: str, url: str, bases: Iterable[str], app_schemes: tuple[str, ...] = ()) -> None:
    """Raises:
    SettingError: a link must not lead to `url`; the text says what is allowed.
    """
    for base in bases:
        if problem := destination_problem(url, base, app_schemes):
            raise SettingError(field, problem)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.rstrip(".") == "localhost"
