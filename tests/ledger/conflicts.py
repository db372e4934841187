"""What a statement does where its row is there already: `ON CONFLICT ... DO UPDATE SET ...`."""

import re

_CLAUSE = re.compile(
    r".*INSERT INTO (?P<table>\w+)(?: AS (?P<alias>\w+))?.*DO UPDATE\s+SET (?P<set>.*?)(?: WHERE (?P<where>.*?))?"
    r"(?: RETURNING .*)?$",
    re.DOTALL | re.IGNORECASE,
)


def conflict_expressions(sql: str) -> tuple[str, list[str]] | None:
    """(table, expressions over its columns) of the clause, the row that was given read as the one that is there."""
    found = _CLAUSE.search(" ".join(sql.split()))
    if found is None:
        return None
    names = "|".join(filter(None, ("excluded", found["table"], found["alias"])))
    parts = [*_split(found["set"]), *([found["where"]] if found["where"] else [])]
    return found["table"], [re.sub(rf"\b({names})\.", "", part, flags=re.IGNORECASE) for part in parts]


def _split(text: str) -> list[str]:
    """At the commas outside brackets. `column = expression` is an expression itself."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts
