"""Every SQL statement of the product: those that stand where they belong, and where one stands elsewhere."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import ledger

PRODUCT = (
    "ad_accounts",
    "admin",
    "cli",
    "clicks",
    "config",
    "console",
    "forwarder",
    "ledger",
    "redirector",
    "sandbox",
    "tiktok",
)
ROOT = Path(ledger.__file__).parents[1]
_BEGINS = re.compile(r"\s*(WITH|SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE|MERGE\s+INTO|COPY)\b", re.IGNORECASE)
# what is filled in when a statement is sent
_PLACES = {"{assignments}": "", "{key}": "quarter", "{zone}": "zone", "{name}": "NULL::text"}


def statements() -> dict[str, str]:
    """`module.NAME`, or `module.NAME[key]` of a table of them, -> SQL of every constant of the ledger's modules."""
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(ledger.__path__):
        if not module.ispkg:
            for name, value in vars(importlib.import_module(f"ledger.{module.name}")).items():
                found |= {f"{module.name}.{label}": _filled(sql) for label, sql in _texts(name, value) if is_sql(sql)}
    return found


def _texts(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        yield from ((f"{name}[{key}]", text) for key, text in value.items() if isinstance(text, str))


def is_sql(text: str) -> bool:
    """Whether it is sent as it is, and no word of English or part of a statement."""
    return bool(_BEGINS.match(text)) and len(text.split()) > 2


def _filled(sql: str) -> str:
    for place, text in _PLACES.items():
        sql = sql.replace(place, text)
    return sql


def misplaced(tables: set[str]) -> list[str]:
    """`file:line` of each statement about these tables that is not a constant of a module of the ledger."""
    return [
        f"{path.relative_to(ROOT)}:{line}"
        for package in PRODUCT
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
        for line in misplaced_in(path.read_text(encoding="utf-8"), tables, package == "ledger")
    ]


def misplaced_in(source: str, tables: set[str], of_the_ledger: bool) -> list[int]:
    """Lines of the module at which such a statement stands."""
    names = re.compile(
        rf"\b(FROM|JOIN|INTO|UPDATE|TRUNCATE|COPY|USING)\s+({'|'.join(sorted(tables))})\b", re.IGNORECASE
    )
    module = ast.parse(source)
    scopes = [node for node in module.body if not (of_the_ledger and isinstance(node, ast.Assign | ast.AnnAssign))]
    strings = [node for scope in scopes for node in ast.walk(scope) if isinstance(node, ast.JoinedStr | ast.Constant)]
    texts = ((node.lineno, _text(node)) for node in strings)
    return sorted({line for line, text in texts if is_sql(text) and names.search(text)})


def _text(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else "x" for part in node.values)
    return node.value if isinstance(node.value, str) else ""
