"""`/oauth2/*`: codes for tokens, the end of a token, and which advertisers it reaches."""

from sandbox.accounts.endpoint import Data
from sandbox.accounts.grants import REFRESH_LIFETIME_S, Grant
from sandbox.accounts.parameters import Body, Parameters
from sandbox.accounts.permission import granted, reached
from sandbox.calls import Call
from sandbox.codes import Code, message_of
from sandbox.memory import Memory
from sandbox.refusals import Refusal


def access_token(call: Call, memory: Memory) -> Data:
    """`POST {app_id, secret, auth_code, return_advertiser_ids?}` -> the token; by default one that never ends."""
    body = Body(call)
    app_id, secret, code = body.required("app_id"), body.required("secret"), body.required("auth_code")
    with_advertisers = body.flag("return_advertiser_ids", True)
    app = memory.grants.authenticated(app_id, secret)
    return _token(memory.grants.exchange(app, code, call.received_at), call, memory, with_advertisers)


def refresh_token(call: Call, memory: Memory) -> Data:
    """`POST {app_id, secret, refresh_token}`: 40107, unless the app was set up with tokens that end."""
    body = Body(call)
    app_id, secret, token = body.required("app_id"), body.required("secret"), body.required("refresh_token")
    app = memory.grants.authenticated(app_id, secret)
    return _token(memory.grants.refresh(app, token, call.received_at), call, memory, True)


def revoke_token(call: Call, memory: Memory) -> Data:
    """`POST {app_id, secret, access_token}` -> `{app_id, advertiser_ids}`."""
    body = Body(call)
    app_id, secret, token = body.required("app_id"), body.required("secret"), body.required("access_token")
    app = memory.grants.authenticated(app_id, secret)
    grant = memory.grants.find(token)
    if grant is None or grant.app_id != app.app_id:
        raise Refusal(message_of(Code.INVALID_ACCESS_TOKEN), Code.INVALID_ACCESS_TOKEN)
    advertiser_ids = _advertiser_ids(grant, memory)
    memory.grants.revoke(token)
    return {"app_id": app_id, "advertiser_ids": advertiser_ids}


def advertisers(call: Call, memory: Memory) -> Data:
    """`GET ?app_id&secret`: the truth about what the token reaches, in one list."""
    grant = granted(call, memory)
    parameters = Parameters(call)
    app = memory.grants.authenticated(parameters.required("app_id"), parameters.required("secret"))
    if app.app_id != grant.app_id:
        # the words of PostHog#78577, with 40000; 40113 is seen as well
        raise Refusal("The app_id is inconsistent with the app_id of the access_token.", Code.INVALID_PARAMS)
    records = [holding.record for holding in reached(grant, memory)]
    return {"list": [{"advertiser_id": one.advertiser_id, "advertiser_name": one.name} for one in records]}


def _token(grant: Grant, call: Call, memory: Memory, with_advertisers: bool) -> Data:
    data: Data = {"access_token": grant.access_token, "scope": list(grant.scope)}
    if with_advertisers:
        data["advertiser_ids"] = _advertiser_ids(grant, memory)
    if grant.expires_at is not None:
        data["token_type"] = "Bearer"  # noqa: S105 - a kind of token
        data["expires_in"] = int(grant.expires_at - call.received_at)
        data["refresh_token"] = grant.refresh_token
        data["refresh_token_expires_in"] = REFRESH_LIFETIME_S
    return data


def _advertiser_ids(grant: Grant, memory: Memory) -> list[str]:
    return [holding.record.advertiser_id for holding in reached(grant, memory)]
