"""What schemathesis is told besides the description: it has the key, and no signature that would be right."""

from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """A made-up signature would be tried instead of the key: 401 is all that would ever be seen."""
    for name in ("Signalpost-Signature", "Signalpost-App"):
        case.headers.pop(name, None)
