"""Every SQL statement of the product: those that stand where they belong, and where one stands elsewhere."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import ledger
from ledger.row_inserts import SIZES, inserts, of_arrays, of_rows

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
_PLACES = {
    "{assignments}": "",
    "{columns}": "campaign_id",
    "{sets}": "(campaign_id)",
    "{of_ads}": "campaign_id, ",
    "{events}": "events",
}


def statements() -> dict[str, str]:
    """Every statement that is sent: the constants, and `module.NAME x 96` or `x n` of those for many rows."""
    found = constants()
    for name, sql in row_inserts().items():
        found |= {f"{name} x {size}": of_rows(sql, size) for size in SIZES if size > 1}
        found[f"{name} x n"] = of_arrays(sql)
    return found


def row_inserts() -> dict[str, str]:
    """Those of the constants that are sent for many rows at once."""
    found = constants()
    names = (
        f"{path.stem}.{place.id}"
        for path in sorted((ROOT / "ledger").glob("*.py"))
        for call in _row_inserts(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(place := call.args[0], ast.Name)
    )
    return {name: found[name] for name in names}


def constants() -> dict[str, str]:
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
    lines = {line for line, text in texts if is_sql(text) and names.search(text)}
    constant = {name.id for node in module.body for name in _assigned(node)} if of_the_ledger else set()
    return sorted(lines | {call.lineno for call in _row_inserts(module) if not _is_one_of(call.args[0], constant)})


def _row_inserts(module: ast.Module) -> Iterator[ast.Call]:
    """Calls of what makes a statement for many rows out of that for one."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == inserts.__name__:
            yield node


def _assigned(node: ast.stmt) -> Iterator[ast.Name]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    yield from (target for target in targets if isinstance(target, ast.Name))


def _is_one_of(node: ast.expr, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _text(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else "x" for part in node.values)
    return node.value if isinstance(node.value, str) else ""
