"""Whether a token may do what is asked: is it alive, has it the scope, does it reach the advertiser."""

from sandbox.accounts.grants import SMART_PLUS_SCOPE, Grant
from sandbox.accounts.holding import Holding
from sandbox.accounts.parameters import Parameters
from sandbox.calls import Call
from sandbox.codes import Code, message_of
from sandbox.memory import Memory
from sandbox.refusals import Refusal
from sandbox.tokens import no_pixel

# Which scopes open an endpoint, parents first (PD); `user/info` needs none.
SCOPES: dict[str, tuple[int, ...]] = {
    "/oauth2/advertiser/get/": (1, 10, 100),
    "/advertiser/info/": (1, 10, 100),
    "/bc/get/": (1, 15, 150),
    "/bc/asset/get/": (1, 15, 153),
    "/bc/pixel/link/get/": (1, 15, 153),
    "/campaign/get/": (2, 20, 200),
    "/adgroup/get/": (2, 21, 210),
    "/ad/get/": (2, 22, 220),
    "/smart_plus/ad/get/": (SMART_PLUS_SCOPE,),
    "/report/integrated/get/": (4, 44),
    "/report/task/create/": (4, 44),
    "/event/track/": (5, 7224195155857866754),
    "/pixel/list/": (8, 80, 800),
    "/pixel/event/stats/": (8, 80, 802),
}


def granted(call: Call, memory: Memory) -> Grant:
    """What the token of a call was granted. Raises `Refusal`; a dead token is HTTP 200 with 40105."""
    token = memory.registry.admit(call.header(b"access-token"))
    grant = memory.grants.find(token)
    if grant is None:
        if memory.registry.sends(token):
            raise _not_granted(call)  # made in Events Manager: it belongs to no developer app
        raise Refusal(message_of(Code.INVALID_ACCESS_TOKEN), Code.INVALID_ACCESS_TOKEN)
    check_grant(call, grant)
    return grant


def check_grant(call: Call, grant: Grant) -> None:
    """Raises `Refusal` when the token has expired or lacks the scope of the call's path."""
    if grant.expires_at is not None and call.received_at >= grant.expires_at:
        raise Refusal(message_of(Code.ACCESS_TOKEN_EXPIRE), Code.ACCESS_TOKEN_EXPIRE)
    wanted = SCOPES.get(call.endpoint)
    if wanted is not None and not set(wanted) & set(grant.scope):
        raise _not_granted(call)


def reached(grant: Grant, memory: Memory) -> list[Holding]:
    """The advertisers a token reaches now, which may be more than on the day it was made."""
    holdings = memory.accounts.holdings_of(grant.account_id)
    if grant.advertiser_ids is None:
        return holdings
    return [holding for holding in holdings if holding.record.advertiser_id in grant.advertiser_ids]


def advertiser(parameters: Parameters, grant: Grant, memory: Memory) -> Holding:
    """The advertiser that `advertiser_id` names. Raises `Refusal`; one that is gone is told like one not granted."""
    return one_advertiser(parameters.required("advertiser_id"), grant, memory)


def one_advertiser(advertiser_id: str, grant: Grant, memory: Memory) -> Holding:
    for holding in reached(grant, memory):
        if holding.record.advertiser_id == advertiser_id:
            return holding
    raise Refusal(f"No permission to operate advertiser {advertiser_id}.", Code.PERMISSION_ERROR)


def may_send(call: Call, token: str, pixel_code: str, memory: Memory) -> None:
    """Pass when the token may send a pixel's events: its own, or one granted for an advertiser that has the pixel."""
    grant = memory.grants.find(token)
    owner = memory.accounts.owner_of_pixel(pixel_code)
    if grant is None and owner is not None and owner.pixel.token is None:
        # a pixel of a loaded account is somebody's, so no invented token makes it one's own
        raise Refusal(message_of(Code.INVALID_ACCESS_TOKEN), Code.INVALID_ACCESS_TOKEN)
    if grant is None:
        memory.registry.authorise(token, pixel_code)
        return
    check_grant(call, grant)
    for holding in reached(grant, memory):
        pixels = memory.accounts.pixels_of(holding.record.advertiser_id)
        if any(pixel.pixel_code == pixel_code for pixel in pixels):
            return
    raise no_pixel(pixel_code)


def _not_granted(call: Call) -> Refusal:
    # the words of PostHog#82936: "advertiser does not grant you /file/video/ad/search/:GET permission"
    return Refusal(f"advertiser does not grant you {call.endpoint}:{call.method} permission", Code.PERMISSION_ERROR)
