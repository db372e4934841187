"""The session's cookie, set and taken away."""

from starlette.requests import Request
from starlette.responses import Response

from config.settings import AllSettings
from console.origin import SECURE_COOKIE, cookie_name
from console.seal import Seal

LONGEST_S = 7 * 86_400


def token_in(request: Request, settings: AllSettings, seal: Seal) -> str | None:
    """The session's token the browser sent; None where there is none of ours."""
    name = cookie_name(request, settings)
    cookie = request.cookies.get(name) if name else None
    return seal.token_of(cookie) if cookie else None


def give_cookie(response: Response, name: str, value: str) -> None:
    """Lax, not Strict: whoever comes back from TikTok's consent page is still signed in."""
    is_secure = name == SECURE_COOKIE
    response.set_cookie(name, value, max_age=LONGEST_S, path="/", secure=is_secure, httponly=True, samesite="lax")


def take_cookie(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="lax")
