"""The audit log as it is read: who changed what, from what, to what."""

from typing import Any, Final

from admin.session import Session
from ledger.audit import AuditFilter, audit_count, audit_page

_NAMES: Final = ("source", "slug", "name", "id")  # what tells the entries of a list apart

__all__ = ["AuditFilter", "changes", "count_changes", "difference"]


async def count_changes(session: Session, wanted: AuditFilter) -> int:
    return await audit_count(session.database, wanted)


async def changes(session: Session, wanted: AuditFilter, limit: int, offset: int) -> list[dict[str, Any]]:
    """{"at", "actor", "act", "app_id", "subject", "before", "after"}, newest first."""
    return await audit_page(session.database, wanted, limit, offset)


def difference(before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    """(field, before, after) of each that is not the same; fields within fields as `settings.timezone`, of entries of a
    list as `rows.add_to_cart.target`.
    """
    old, new = _flat(before), _flat(after)
    names = [*old, *(name for name in new if name not in old)]
    return [(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    if isinstance(value, list):
        value = _named(value)
    if isinstance(value, dict):
        return {
            inner: part
            for key, entry in value.items()
            for inner, part in _flat(entry, f"{name}.{key}" if name else str(key)).items()
        }
    return {} if value is None and not name else {name or "value": value}


def _named(entries: list[Any]) -> Any:
    """The entries by what names them; where nothing does, one text."""
    by = next((name for name in _NAMES if all(isinstance(one, dict) and name in one for one in entries)), None)
    if by is None or not entries:
        return ", ".join(map(str, entries))
    return {str(one[by]): {key: part for key, part in one.items() if key != by} for one in entries}
