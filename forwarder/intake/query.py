"""What a request asks in its query string: each parameter once, so that none of two is passed over in silence."""

from starlette.requests import Request

from forwarder.errors import Refusal


def asked(request: Request, name: str) -> str:
    """The parameter's value, empty where it is not there.

    Raises:
        Refusal: 422, it is there more than once.
    """
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise Refusal(422, "invalid_field", f"is given {len(values)} times; give it once", field=name)
    return values[0] if values else ""
