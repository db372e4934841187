"""Style, script and icon. Their addresses change with what they hold, so that a browser keeps them for good."""

from starlette import staticfiles
from starlette.responses import Response
from starlette.types import Scope

from console.rendering import STATIC


class StaticFiles(staticfiles.StaticFiles):
    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code < 400 and b"v=" in scope["query_string"]:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
