"""Which app a request's Host belongs to: an app's own domains serve that app alone.

As long as no app has a domain, any Host is served: whoever runs one host need not set anything. Once one has, the hosts
are the apps' domains, PUBLIC_URL's, and addresses and loopback names (probes and proxies use those); no other.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from clicks.links import Site

ANY_APP = ""


class Hosts:
    """The host names of the published sites."""

    def __init__(self, sites: Iterable[Site], public_base: str) -> None:
        self._public = urlsplit(public_base)
        self._public_base = public_base
        self.sites = {site.app_id: site for site in sites}
        self._apps = {domain: site.app_id for site in self.sites.values() for domain in site.domains}
        self.serve_any = not self._apps

    def app_of(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """The app whose links may be served; ANY_APP for every one's, None for none's."""
        if self.serve_any:
            return ANY_APP
        host = _host_name(next((value for name, value in headers if name == b"host"), b""))
        app_id = self._apps.get(host)
        if app_id is not None:
            return app_id
        return ANY_APP if self._is_own(host) else None

    def serves(self, app_id: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether this Host may serve a link of this app."""
        return self.app_of(headers) in (ANY_APP, app_id)

    def name_of(self, app_id: str) -> str:
        """What the app is called; empty where that was not published."""
        site = self.sites.get(app_id)
        return site.name if site is not None else ""

    def base_of(self, app_id: str) -> str:
        """Where the app's links stand: its first domain, with PUBLIC_URL's scheme and port, else PUBLIC_URL."""
        site = self.sites.get(app_id)
        if site is None or not site.domains:
            return self._public_base
        port = f":{self._public.port}" if self._public.port else ""
        return f"{self._public.scheme}://{site.domains[0]}{port}"

    def _is_own(self, host: str) -> bool:
        return host in ("", "localhost", self._public.hostname) or _is_address(host)


def _host_name(raw: bytes) -> str:
    """Without port and closing dot, in lower case."""
    text = raw.decode("latin-1").strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].rstrip(".")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
