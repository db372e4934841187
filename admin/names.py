"""Names that a person gives."""

from admin.refusal import Refused

MAX_NAME_CHARS = 100


def checked_name(field: str, text: str) -> str:
    """The name without blanks around it.

    Raises:
        Refused: it is blank, longer than 100 characters, or holds control characters.
    """
    name = text.strip()
    if not name or len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise Refused(f"{field}: must be 1 to {MAX_NAME_CHARS} printable characters")
    return name
