"""The one place where a client for the outside is made, and where the proxies of the environment are read.

httpx reads them by itself, but ends in an exception where an entry of NO_PROXY is a network of IPv6 or a proxy's scheme
is `socks`, and takes a network of IPv4 for a host. HTTPS_PROXY, HTTP_PROXY and ALL_PROXY (also in small letters, which
go first) are read as curl reads them, as is NO_PROXY.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Final
from urllib.request import getproxies_environment

import httpx
from socksio.exceptions import SOCKSError

SOCKS_PORT: Final = 1080

_SCHEMES: Final = {
    "http": "http",
    "https": "https",
    "socks5": "socks5",
    "socks5h": "socks5h",
    "socks": "socks5h",  # what desktops write
}


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies that lead out of this machine, and what they are not for."""

    by_scheme: Mapping[str, str]
    """`http` or `https` -> the proxy's URL, as httpx takes it; may hold a password."""
    exceptions: tuple[str, ...]
    """Entries of NO_PROXY, in small letters."""
    unusable: tuple[str, ...]
    """A sentence for each proxy that cannot be used; requests go out directly instead. Holds no password."""

    def for_url(self, url: httpx.URL) -> str | None:
        """The proxy for a request; None = none. The machine itself is never reached through one."""
        entries = ("localhost", "127.0.0.0/8", "::1", *self.exceptions)
        port = url.port or {"http": 80, "https": 443}.get(url.scheme)
        if any(_covers(entry, url.host.lower(), port) for entry in entries):
            return None
        return self.by_scheme.get(url.scheme)


def environment_proxies() -> Proxies:
    """What the environment says."""
    said = getproxies_environment()
    by_scheme, unusable = {}, {}
    for scheme in ("http", "https"):
        variable = scheme if said.get(scheme) else "all"
        url = said.get(variable, "").strip()
        if not url:
            continue
        try:
            by_scheme[scheme] = _usable(url)
        except ValueError as error:
            unusable[variable] = f"{variable.upper()}_PROXY cannot be used: {error}. Requests go out without it"
    entries = said.get("no", "").replace(" ", ",").split(",")
    return Proxies(by_scheme, tuple(entry.lower() for entry in entries if entry), tuple(unusable.values()))


def _usable(url: str) -> str:
    """Raises:
    ValueError: why not, without quoting any of it but its scheme.
    """
    scheme, separator, rest = url.rpartition("://")
    scheme = scheme.lower() if separator else "http"
    if scheme not in _SCHEMES:
        known = scheme if scheme.isalnum() and len(scheme) <= 10 else "its scheme"
        raise ValueError(f"{known} is none of http, https, socks5 and socks5h")
    try:
        found = httpx.URL(f"{_SCHEMES[scheme]}://{rest}")
        httpx.Proxy(found)
    except (httpx.InvalidURL, ValueError):
        raise ValueError("it is no address; percent-encode what is odd in its password") from None
    if not found.host or not 0 < (found.port or 1) < 65_536:
        raise ValueError("it names no host and port")
    if found.scheme.startswith("socks") and found.port is None:
        found = found.copy_with(port=SOCKS_PORT)
    return str(found)


def _covers(entry: str, host: str, port: int | None) -> bool:
    """Whether an entry of NO_PROXY is about this host. One that cannot be read is about none."""
    if entry == "*":
        return True
    entry = entry.rpartition("://")[2]
    name, colon, digits = entry.rpartition(":")
    if colon and digits.isdigit() and (name.endswith("]") or ":" not in name):
        if port is not None and int(digits) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        name = entry.removeprefix("*").lstrip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        return address in ip_network(entry, strict=False)
    except ValueError:
        return False


class ProxyingTransport(httpx.AsyncBaseTransport):
    """Sends each request through the proxy that is meant for its address, or directly."""

    def __init__(self, proxies: Proxies, limits: httpx.Limits) -> None:
        context = httpx.create_ssl_context()  # one for all: making it takes tens of ms
        self._proxies = proxies
        self._direct = httpx.AsyncHTTPTransport(verify=context, limits=limits)
        self._through = {
            url: httpx.AsyncHTTPTransport(verify=context, limits=limits, proxy=httpx.Proxy(url))
            for url in set(proxies.by_scheme.values())
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = self._proxies.for_url(request.url)
        transport = self._direct if proxy is None else self._through[proxy]
        try:
            return await transport.handle_async_request(request)
        except SOCKSError as error:  # what answers is no SOCKS proxy: httpx lets it through as it is
            raise httpx.ProxyError(str(error), request=request) from error

    async def aclose(self) -> None:
        for transport in (self._direct, *self._through.values()):
            await transport.aclose()


def http_client(limits: httpx.Limits | None = None, **options: Any) -> httpx.AsyncClient:
    """A client that goes through the environment's proxies. `options` are httpx's."""
    transport = ProxyingTransport(environment_proxies(), limits or httpx.Limits())
    return httpx.AsyncClient(transport=transport, trust_env=False, **options)
