"""What PostgreSQL makes of a statement: which rows of which app, or advertiser, it would read."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import asyncpg

_CONDITIONS = ("Cond", "Filter")  # how their names in a plan end
_EQUAL = re.compile(r'^("?\w+"?)\.(app_id|advertiser_id) = (.+)$')
_REVERSED = re.compile(r'^(.+) = ("?\w+"?)\.(app_id|advertiser_id)$')
_OWNED = re.compile(r"^(.+)\.(?:app_id|advertiser_id)$")


async def plan_of(connection: asyncpg.Connection, sql: str) -> dict[str, Any]:
    """The plan that serves every parameter, so that none is folded into it."""
    parameters = len((await connection.prepare(sql)).get_parameters())
    arguments = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    await connection.execute(f"PREPARE planned AS {sql}")
    try:
        text = await connection.fetchval(f"EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE planned{arguments}")
    finally:
        await connection.execute("DEALLOCATE planned")
    plan: dict[str, Any] = json.loads(text)[0]["Plan"]
    return plan


def unbounded(plan: dict[str, Any], owners: Mapping[str, str]) -> set[str]:
    """Which of the tables are read of more apps or advertisers than the parameters name.

    `owners`: table -> the column that says whose a row is. A table is bounded by `app_id = ...` (or `advertiser_id`) as
    a condition that holds for every row of it: of a parameter, or of something that is bounded itself.
    """
    nodes = list(_nodes(plan))
    read = {node["Alias"]: node["Relation Name"] for node in nodes if "Scan" in node["Node Type"] and "Alias" in node}
    read = {alias: table for alias, table in read.items() if table in owners}
    equal = [
        (alias, other)
        for node in nodes
        for text in _conditions(node)
        for alias, column, other in _equalities(text)
        if alias in read and owners[read[alias]] == column
    ]
    bounded: set[str] = set()
    while reached := {one for one, other in equal if _named(other) not in read.keys() - bounded} - bounded:
        bounded |= reached
    return {table for alias, table in read.items() if alias not in bounded}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All of a plan, but for what stands beneath an OR of indexes: each row meets one of those conditions only."""
    yield {"Relation Name": None, **plan}
    for child in plan.get("Plans", ()):
        if child["Node Type"] != "BitmapOr":
            yield from _nodes(child)


def _conditions(node: dict[str, Any]) -> Iterator[str]:
    yield from (text for name, text in node.items() if name.endswith(_CONDITIONS) and isinstance(text, str))


def _equalities(condition: str) -> Iterator[tuple[str, str, str]]:
    """(alias, its column, what that equals) of each part of the condition that has to hold."""
    for part in _conjuncts(condition):
        if found := _EQUAL.match(part):
            yield found[1], found[2], found[3]
        if found := _REVERSED.match(part):
            yield found[2], found[3], found[1]


def _named(expression: str) -> str:
    """The alias whose app or advertiser it is; empty for a parameter or a value."""
    found = _OWNED.match(expression)
    return found[1] if found else ""


def _conjuncts(condition: str) -> list[str]:
    text = _bare(condition)
    parts, depth, start = [], 0, 0
    for place, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0 and text.startswith(" OR ", place):
            return []
        if depth == 0 and text.startswith(" AND ", place):
            parts.append(text[start:place])
            start = place + len(" AND ")
    parts.append(text[start:])
    return [text] if len(parts) == 1 else [one for part in parts for one in _conjuncts(part)]


def _bare(text: str) -> str:
    """Without the brackets around all of it."""
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for place, char in enumerate(text):
            depth += (char == "(") - (char == ")")
            if depth == 0 and place < len(text) - 1:
                return text
        text = text[1:-1]
    return text
