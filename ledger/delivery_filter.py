"""Which deliveries are meant: the filters that the postback log and a replay share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """None = any."""

    state: str | None = None
    """One of the shown states, `held` among them."""
    app_id: str | None = None
    pixel_id: str | None = None
    event: str | None = None
    """The app's name of it, or TikTok's."""
    since: datetime | None = None
    """Made at this time or later."""
    until: datetime | None = None
    """Made before this time."""
    code: int | None = None
    """TikTok's last one."""

    def parameters(self) -> tuple[Any, ...]:
        """The values of `FILTERS`."""
        return self.app_id, self.pixel_id, self.event, self.since, self.until, self.code


# Parameters $1 to $6; the state is a condition of its own. `d` is the deliveries.
FILTERS: Final = """($1::text IS NULL OR d.app_id = $1) AND ($2::text IS NULL OR d.pixel_id = $2)
    AND ($3::text IS NULL OR d.source_event = $3 OR d.target_event = $3)
    AND ($4::timestamptz IS NULL OR d.created_at >= $4) AND ($5::timestamptz IS NULL OR d.created_at < $5)
    AND ($6::integer IS NULL OR d.last_code = $6)"""
OF_ONE_APP: Final = FILTERS.replace("($1::text IS NULL OR d.app_id = $1)", "d.app_id = $1")
