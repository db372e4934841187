"""Which versions of the API are alive: v1.3 alone, unless `POST /_sandbox/versions` says otherwise.

As of autumn 2026 v2.0 has begun, and for endpoints that did not change only the path is another.
"""

from typing import Annotated

import msgspec

FIRST = "v1.3"

Version = Annotated[str, msgspec.Meta(pattern=r"^v[0-9]+\.[0-9]+$")]


class Versions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`deprecated`: version -> what the header `X-Api-Deprecation-Info` of its answers says."""

    alive: tuple[Version, ...] = (FIRST,)
    deprecated: dict[Version, str] = {}


class ApiVersions:
    """What is set now."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.set(Versions())

    def set(self, versions: Versions) -> None:
        self.versions = versions

    def alive(self, version: str) -> bool:
        return version in self.versions.alive

    def headers(self, version: str) -> tuple[tuple[bytes, bytes], ...]:
        """What answers of a version say beside."""
        words = self.versions.deprecated.get(version)
        return ((b"x-api-deprecation-info", words.encode()),) if words else ()
