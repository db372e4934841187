"""Which token may send to which pixel.

Pixels become known in three ways: the demo pair given at the start, `POST /_sandbox/pixels`, and **trust on first
use**: a pixel code nobody has named before is adopted together with the token it came with, so that the sandbox can be
tried with any invented pair. From then on:

| sent with | answer |
|---|---|
| no `Access-Token`, or an empty one | 40104 |
| `Bearer ...`, a token that was revoked, a token starting with `bad` or `revoked` | 40105 |
| a token starting with `expired` | 40102 |
| the pixel's own token | taken |
| a token that belongs to another pixel only, whether this pixel is known or new | 40001 |
| a token nobody has named, for a known pixel | 40105 |
| any token, for a pixel removed with `DELETE /_sandbox/pixels/{code}` | 40001 until it is registered again |
| any token, for a numeric `pixel_id` in place of the pixel code | 40001 |

Registering a known pixel again replaces its token. Several pixels may be registered with one token, as the pixels of
one advertiser are with a token got by OAuth.
"""

import hmac

import msgspec

from sandbox.codes import Code, message_of
from sandbox.refusals import Refusal

_REFUSED_PREFIXES = ("bad", "revoked")
_EXPIRED_PREFIX = "expired"
# A pixel code is about 20 letters and digits; the numeric pixel_id that is often pasted in its place has 19 digits.
_PIXEL_ID_DIGITS = 15


class Pixel(msgspec.Struct, frozen=True):
    """A pixel and the token that may send to it. `adopted`: it came by trust on first use."""

    code: str
    token: str
    advertiser_id: str | None = None
    adopted: bool = False


def masked(token: str) -> str:
    """A token as it may be shown: its last four characters, when there are enough others."""
    return f"***{token[-4:]}" if len(token) >= 8 else "***"


class Registry:
    """The pixels and tokens this sandbox knows."""

    def __init__(self, demo: Pixel | None) -> None:
        self._demo = demo
        self.reset()

    def reset(self) -> None:
        """Back to the start: only the demo pixel, nothing revoked."""
        self._pixels: dict[str, Pixel] = {}
        self._removed: set[str] = set()
        self._revoked: set[str] = set()
        self._owners: dict[str, int] = {}
        if self._demo is not None:
            self.register(self._demo)

    def pixels(self) -> list[Pixel]:
        return list(self._pixels.values())

    def register(self, pixel: Pixel) -> None:
        self._forget(pixel.code)
        self._pixels[pixel.code] = pixel
        self._owners[pixel.token] = self._owners.get(pixel.token, 0) + 1
        self._removed.discard(pixel.code)

    def remove(self, code: str) -> bool:
        """Take a pixel away for good. False when it was not known."""
        known = self._forget(code)
        if known:
            self._removed.add(code)
        return known

    def revoke(self, token: str) -> None:
        self._revoked.add(token)

    def restore(self, token: str) -> bool:
        """Make a revoked token good again. False when it was not revoked."""
        if token not in self._revoked:
            return False
        self._revoked.remove(token)
        return True

    def sends(self, token: str) -> bool:
        """Whether some pixel has this token."""
        return token in self._owners

    def admit(self, header: str | None) -> str:
        """The token of the `Access-Token` header. Raises `Refusal` when no pixel could make it good."""
        if header is None or not header.strip():
            raise _refused(Code.EMPTY_ACCESS_TOKEN)
        if header.startswith(_EXPIRED_PREFIX):
            raise _refused(Code.ACCESS_TOKEN_EXPIRE)
        if header in self._revoked or header.lower().startswith("bearer ") or header.startswith(_REFUSED_PREFIXES):
            raise _refused(Code.INVALID_ACCESS_TOKEN)
        return header

    def authorise(self, token: str, code: str) -> None:
        """Pass when the token may send to the pixel, adopting a new pixel. Raises `Refusal` when it may not."""
        pixel = self._pixels.get(code)
        if pixel is not None and hmac.compare_digest(pixel.token.encode(), token.encode()):
            return
        owned = token in self._owners
        if pixel is not None and not owned:
            raise _refused(Code.INVALID_ACCESS_TOKEN)
        if owned or code in self._removed or (code.isdigit() and len(code) >= _PIXEL_ID_DIGITS):
            raise no_pixel(code)
        self.register(Pixel(code=code, token=token, adopted=True))

    def _forget(self, code: str) -> bool:
        pixel = self._pixels.pop(code, None)
        if pixel is None:
            return False
        left = self._owners[pixel.token] - 1
        if left:
            self._owners[pixel.token] = left
        else:
            del self._owners[pixel.token]
        return True


def no_pixel(code: str) -> Refusal:
    """The refusal of a token that is good, but not for this pixel."""
    return Refusal(
        f"No permission to operate pixel code: {code}. You must be an admin or operator of this advertiser account.",
        Code.PERMISSION_ERROR,
    )


def _refused(code: Code) -> Refusal:
    return Refusal(message_of(code), code)
