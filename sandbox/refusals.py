"""Why a request is refused: a code, the place in the body, and words."""

from sandbox.codes import Code


class Refusal(Exception):
    """Raised by any check. The place is filled in from the inside out as the error rises through the body.

    `str()` gives the message TikTok would: `data.0.user.email: <reason>`; row indexes are zero-based.
    """

    def __init__(self, reason: str, code: int = Code.PARAM_ERROR) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = int(code)
        self.path: tuple[str, ...] = ()

    def within(self, name: str | int) -> "Refusal":
        """The same refusal, seen from the object or list that holds the refused value under `name`."""
        self.path = (str(name), *self.path)
        return self

    @property
    def row(self) -> int | None:
        """Zero-based index of the refused row of `data[]`, or None when the request as a whole is refused."""
        if len(self.path) >= 2 and self.path[0] == "data" and self.path[1].isdigit():
            return int(self.path[1])
        return None

    @property
    def field(self) -> str | None:
        """Dotted place of the refused value, or None when it is not in the body."""
        return ".".join(self.path) or None

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.path else self.reason
