"""Addresses of engines as they may be shown."""

import re

_MASK = "***"
# up to the last @: a password may hold raw slashes, question marks, hashes and more
_PASSWORD_OF_USER = re.compile(r"(://[^/?#:@]*:).*@", re.DOTALL)
_PASSWORD_PARAMETER = re.compile(r"([?&][^=&]*password=)[^&]*", re.IGNORECASE)


def masked(url: str) -> str:
    """The URL without the passwords in it, otherwise as it was; in doubt too much is hidden."""
    return _PASSWORD_PARAMETER.sub(rf"\1{_MASK}", _PASSWORD_OF_USER.sub(rf"\1{_MASK}@", url))


def without_password(url: str) -> str:
    """The address of an engine: no user name, password or query."""
    scheme, _, rest = masked(url).partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
