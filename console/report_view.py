"""What the URL of a report page asks for: one record that tiles, chart, table, CSV and every link of the page go by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

from admin.refusal import Refused
from admin.report_periods import NAMES, USUAL, Period, PeriodAsked
from admin.reports import DIMENSIONS
from admin.results import app_period
from console import report_figures
from console.call import Call

RANGES: Final = (("today", "Today"), ("7d", "7 days"), ("28d", "28 days"), ("month", "This month"))
MOST_DIMENSIONS: Final = 2
IN_TIME: Final = ("day", "hour")


@dataclass(frozen=True, slots=True)
class ReportView:
    """The period, and how the table is cut and shown."""

    path: str
    period: Period
    by: tuple[str, ...]
    usual_by: tuple[str, ...]
    """What the page shows where nothing is asked."""
    columns: tuple[str, ...]
    sort: str
    """A column, with `-` in front where the largest comes first; empty = the usual order."""
    search: str = ""

    @property
    def order(self) -> str:
        """Time runs on, everything else begins with what cost most."""
        return self.sort or (self.by[0] if self.by[0] in IN_TIME else "-spend")

    def url(self, **changes: Any) -> str:
        """This view with these fields changed, as a URL."""
        return replace(self, **changes).address()

    def with_range(self, name: str) -> str:
        return self._address({**self.query(), **dict.fromkeys(("from", "to"), ""), "range": _unusual(name, USUAL)})

    def page(self, number: int) -> str:
        return self._address({**self.query(), "page": str(number) if number > 1 else ""})

    def file(self, wanted: str) -> str:
        return self._address({**self.query(), "format": wanted})

    def sorted_by(self, column: str) -> str:
        """Pressed again it is turned round; numbers begin with the largest."""
        largest_first = column in report_figures.FIGURES
        first, second = (f"-{column}", column) if largest_first else (column, f"-{column}")
        return self.url(sort=second if self.order == first else first)

    def below(self, path: str) -> str:
        """Another page about the same days."""
        return f"{path}?{urlencode(kept)}" if (kept := self.period_query()) else path

    def address(self) -> str:
        return self._address(self.query())

    def period_query(self) -> dict[str, str]:
        period = self.period
        if period.name == "custom":
            return {"from": str(period.first), "to": str(period.last)}
        return {"range": period.name} if period.name != USUAL else {}

    def query(self) -> dict[str, str]:
        """Without what is usual."""
        return {
            **self.period_query(),
            "by": _unusual(",".join(self.by), ",".join(self.usual_by)),
            "columns": _unusual(",".join(self.columns), ",".join(report_figures.USUAL)),
            "sort": self.sort,
            "q": self.search,
        }

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """What a form of this page sends along, besides its own fields."""
        return [(name, text) for name, text in self.query().items() if text and name not in without]

    def _address(self, query: Mapping[str, str]) -> str:
        kept = {name: text for name, text in query.items() if text}
        return self.path + (f"?{urlencode(kept, safe=',')}" if kept else "")


async def view_of(call: Call, usual_by: tuple[str, ...] = ("campaign",), app_id: str = "") -> ReportView:
    """Raises:
    Refused: the URL asks for a range, dimension or column that there is not.
    """
    period = await app_period(call.session, app_id or call.this_app.app_id, period_asked(call))
    by = _named(call, "by", usual_by, DIMENSIONS)
    if len(by) > MOST_DIMENSIONS:
        raise Refused(f"by: takes one dimension or {MOST_DIMENSIONS} at once, not {len(by)}")
    columns = _named(call, "columns", report_figures.USUAL, tuple(report_figures.FIGURES))
    sort = call.asked("sort")
    if sort and sort.removeprefix("-") not in (*by, *report_figures.FIGURES):
        raise Refused(f"sort: must be a column, not {sort[:40]!r}")
    path = quote(call.request.url.path, safe="/")
    return ReportView(path, period, by, usual_by, columns, sort, call.asked("q")[:200])


def period_asked(call: Call) -> PeriodAsked:
    """A range beats days: the form for days says `custom`."""
    name, days = call.asked("range"), (call.asked("from"), call.asked("to"))
    if name in NAMES and name != "custom":
        days = ("", "")
    return PeriodAsked(name, *days)


def _named(call: Call, field: str, usual: tuple[str, ...], known: Sequence[str]) -> tuple[str, ...]:
    """Names with commas between them, or of several fields of one name, as boxes that are ticked send them."""
    text = ",".join(call.request.query_params.getlist(field))
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in known:
            raise Refused(f"{field}: must be of {', '.join(known)}, not {name[:40]!r}")
    return names or usual


def _unusual(text: str, usual: str) -> str:
    return "" if text == usual else text
