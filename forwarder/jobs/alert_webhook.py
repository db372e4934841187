"""Alerts posted to an address of the operator's, which must not lead into a private network.

The name is resolved, every address looked at, and the connection made to an address that was looked at, so that a name
that changes its mind in between leads nowhere. Redirects are not followed.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

import anyio
import httpx

from ledger.alerts import StandingAlert

TIMEOUT_S: Final = 10.0

# Reserved or translating into IPv4, whatever this Python's tables of global addresses say of them.
_NOT_PUBLIC: Final = tuple(
    ip_network(network)
    for network in (
        "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4", "64:ff9b::/96",
        "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
    )
)  # fmt: skip


class NotPosted(Exception):
    """Why an alert did not reach its address; tried again later."""


def alert_client() -> httpx.AsyncClient:
    """The connections for alerts, to be opened and closed by an entry file."""
    return httpx.AsyncClient(
        follow_redirects=False, trust_env=False, timeout=TIMEOUT_S, headers={"User-Agent": "Signalpost"}
    )


def is_public(address: str) -> bool:
    """Whether an address is one of the open Internet."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    reserved = any(found.version == network.version and found in network for network in _NOT_PUBLIC)
    return found.is_global and not found.is_multicast and not reserved


@dataclass(frozen=True, slots=True)
class AlertWebhook:
    """Where alerts go."""

    client: httpx.AsyncClient
    url: httpx.URL
    console_url: str
    """Base of the console, for whoever reads the alert."""
    allow_private: bool

    async def post(self, alert: StandingAlert) -> None:
        """`{"kind", "app_id", "pixel_id", "message", "console_url", "raised_at", "text"}`; `text` is what chat systems
        show.

        Raises:
            NotPosted: it was not taken with a 2xx.
        """
        body = {
            "kind": alert.kind,
            "app_id": alert.app_id,
            "pixel_id": alert.pixel_id,
            "message": alert.message,
            "console_url": self.console_url,
            "raised_at": alert.raised_at.isoformat(),
            "text": f"Signalpost, {alert.kind} {alert.pixel_id or alert.app_id}: {alert.message} ({self.console_url})",
        }
        try:
            with anyio.fail_after(TIMEOUT_S):
                address = await self._address()
                request = self.client.build_request(
                    "POST",
                    self.url.copy_with(host=address),
                    json=body,
                    headers={"Host": self.url.netloc.decode().rpartition("@")[2]},
                    extensions={"sni_hostname": self.url.host},
                )
                response = await self.client.send(request, stream=True)
                await response.aclose()
        except (httpx.HTTPError, OSError) as error:
            raise NotPosted(type(error).__name__) from None
        if not response.is_success:
            raise NotPosted(f"HTTP {response.status_code}")

    async def _address(self) -> str:
        """An address of the host, once none of them leads inside.

        Raises:
            NotPosted: one of them does.
            OSError: the name does not resolve.
        """
        port = self.url.port or (443 if self.url.scheme == "https" else 80)
        found = await anyio.getaddrinfo(self.url.host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if not self.allow_private and not all(map(is_public, addresses)):
            raise NotPosted("ALERT_WEBHOOK_URL leads into a private network; ALERT_WEBHOOK_ALLOW_PRIVATE=true lets it")
        return min(addresses, key=lambda address: ":" in address)  # IPv4 works from more networks
