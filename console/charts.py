"""Charts, drawn by the server as SVG: lines for time, bars for comparison. Painted by numbers.css, readable as a table.

What pygal writes of its own style and script is left out. The colours of the series are those of console.css.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

import pygal
from markupsafe import Markup

from console.numbers import NONE

RIGHT: Final = 8
LINE_HEIGHT: Final = 20
MOST_DOTS: Final = 60  # of a line: more melt into it, and take most of the time that drawing takes
_PLACE: Final = re.compile(r"(-?[\d.]+) (-?[\d.]+)")
LETTER: Final = 8  # of a label, at the most that the fonts of systems take
BELOW: Final = 60  # of the days along the axis, and the frame
_DROPPED: Final = frozenset({"script", "style", "defs", "desc", "title"})
Value = int | float | Decimal | None


@dataclass(frozen=True, slots=True)
class Frame:
    """How large it is drawn, in units that are CSS pixels where it is drawn for."""

    name: str
    """The class that numbers.css shows or hides it by."""
    width: int
    left: int
    """Room for the numbers along the axis."""
    names: int
    """Room for the names of lines, at their ends."""
    along: int = 8
    """As many labels at most."""

    def room(self, chart: "Chart") -> int:
        """To the right of what is drawn."""
        return self.names if _has_direct_labels(chart) or chart.is_below_lines else RIGHT


WIDE: Final = Frame("wide", 960, 72, 120)
NARROW: Final = Frame("narrow", 352, 48, 76)  # a phone's: the same numbers, text as large, nothing to scroll to


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: Sequence[Value]
    """One for each label; None is a gap."""
    written: Sequence[str]
    """The same as text."""


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    """What it shows, with the unit: `Spend and revenue, EUR per day`."""
    labels: Sequence[str]
    series: Sequence[Series]
    kind: Literal["line", "bar"] = "line"
    axis: Callable[[float], str] = str
    """A number of the axis as text."""
    is_unfinished: bool = False
    """Whether the last label is a day that is not over: its line is dashed, its bar hollow."""
    height: int = 280
    is_below_lines: bool = False
    """Whether it leaves the room that the names of lines take, so that its days stand below theirs."""

    def rows(self) -> list[tuple[str, list[str]]]:
        """(label, a text for each series): the table below."""
        return [
            (label, [one.written[number] if one.values[number] is not None else NONE for one in self.series])
            for number, label in enumerate(self.labels)
        ]


class _Framed:
    """Charts above one another have their numbers and days in the same places."""

    left: float = 0
    right: float = RIGHT

    def _compute_margin(self) -> None:
        super()._compute_margin()  # type: ignore[misc]
        self.margin_box.left, self.margin_box.right = self.left, self.right  # type: ignore[attr-defined]


class _Bars(_Framed, pygal.Bar):  # type: ignore[misc] # pygal has no types
    """Bars."""


class _Banded(_Framed, pygal.Line):  # type: ignore[misc]
    """A line whose points stand in the middle of where a bar would, so that both can share an x."""

    def _compute(self) -> None:
        super()._compute()
        self._x_pos = [(number + 0.5) / self._len for number in range(self._len)]
        self._points(self._x_pos)


def draw(chart: Chart) -> Markup:
    """As SVG, once for each frame: the page shows the one that fits."""
    return _drawn(chart, WIDE) + _drawn(chart, NARROW)


def _drawn(chart: Chart, frame: Frame) -> Markup:
    drawn = (_Banded if chart.kind == "line" else _Bars)(
        js=[],
        no_prefix=True,
        disable_xml_declaration=True,
        width=frame.width,
        height=chart.height,
        show_legend=False,
        include_x_axis=True,
        allow_interruptions=True,
        show_x_guides=False,
        min_scale=2,
        max_scale=5,
        margin=8,
        dots_size=2.5,
        show_dots=len(chart.labels) <= MOST_DOTS or any(_has_lone(one.values) for one in chart.series),
        value_formatter=chart.axis,
        x_labels=list(chart.labels),
        truncate_label=-1,  # they are thinned out instead
        no_data_text="",
    )
    drawn.left, drawn.right = frame.left, frame.room(chart)
    for one in chart.series:
        for values in _parts(chart, one):
            drawn.add(one.name, values)
    drawn.add_xml_filter(lambda root: _finished(chart, frame, root))
    tree = drawn.render_tree()
    return Markup(tostring(tree, encoding="unicode"))  # noqa: S704 - made here, texts are escaped by ElementTree


def _parts(chart: Chart, one: Series) -> list[list[float | None]]:
    """The line of what is over, and the last piece of it, which leads to what is not."""
    values = [None if value is None else float(value) for value in one.values]
    if chart.kind == "bar" or not chart.is_unfinished or len(values) < 2:
        return [values]
    return [[*values[:-1], None], [*[None] * (len(values) - 2), *values[-2:]]]


def _has_lone(values: Sequence[Value]) -> bool:
    """Whether there is one with gaps on both sides: no line leads to it, its dot alone shows it."""
    known = [False, *(value is not None for value in values), False]
    return any(
        here and not before and not after for before, here, after in zip(known, known[1:], known[2:], strict=False)
    )


def _has_direct_labels(chart: Chart) -> bool:
    return chart.kind == "line" and len(chart.series) > 1


def _finished(chart: Chart, frame: Frame, root: Element) -> Element:
    """Without what is pygal's own, with names for whoever cannot see it."""
    _strip(root)
    root.attrib = {
        "class": frame.name,
        "viewBox": root.get("viewBox", ""),
        "role": "img",
        "aria-label": f"{chart.title}. The table below has the numbers.",
    }
    plots = [group for group in root.iter("g") if "plot" in group.get("class", "").split()]
    for group in plots:
        _name_series(chart, group)
    _thin_labels(plots[0], _fitting(chart, frame))
    _keep_inside(plots[0], frame)
    if _has_direct_labels(chart):
        _label_lines(chart, plots)
    _add_columns(chart, plots[0])
    return root


def _strip(root: Element) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            is_comment = not isinstance(child.tag, str)
            name = "" if is_comment else child.tag
            kind = "" if is_comment else child.get("class", "")
            unwanted = kind in ("background", "titles") or "text-overlay" in kind or "tooltip-overlay" in kind
            if is_comment or name in _DROPPED or unwanted:
                parent.remove(child)
        if isinstance(parent.tag, str):
            parent.attrib.pop("style", None)


def _name_series(chart: Chart, plot: Element) -> None:
    """`series-1` is painted in the first colour; a piece that leads to an unfinished day is `unfinished`."""
    pieces = len(_parts(chart, chart.series[0])) if chart.series else 1
    for group in plot.findall("g"):
        numbers = [part for part in group.get("class", "").split() if part.startswith("serie-")]
        if not numbers:
            continue
        number = int(numbers[0].removeprefix("serie-"))
        ends_open = pieces > 1 and number % pieces == 1
        group.set("class", f"series series-{number // pieces + 1}{' unfinished' if ends_open else ''}")
        bars = list(group.iter("rect"))
        if chart.kind == "bar" and chart.is_unfinished and bars and chart.series[number].values[-1] is not None:
            bars[-1].set("class", "rect unfinished")


def _x_axis(plot: Element) -> Element:
    axes = (group for group in plot.findall("g") if group.get("class", "").startswith("axis x"))
    return next(axes, Element("g"))  # without a label there is none


def _along(plot: Element) -> list[Element]:
    return _x_axis(plot).findall("g")


def _fitting(chart: Chart, frame: Frame) -> int:
    """How many labels have room beside one another."""
    longest = max((len(label) for label in chart.labels), default=0)
    room = frame.width - frame.left - frame.room(chart)
    return max(1, min(frame.along, int(room / ((longest + 1) * LETTER))))


def _thin_labels(plot: Element, most: int) -> None:
    """As many labels as can be read; the last one always, as it is today."""
    guides = _along(plot)
    _remove_paths(_x_axis(plot))
    step = max(1, -(-len(guides) // most))
    for number, guide in enumerate(guides):
        _remove_paths(guide)
        if (len(guides) - 1 - number) % step:
            for text in guide.findall("text"):
                text.set("display", "none")


def _keep_inside(plot: Element, frame: Frame) -> None:
    """A label is centred below its place, but for one that would leave the frame."""
    edge = frame.width - frame.left
    for text in (text for guide in _along(plot) for text in guide.findall("text")):
        beyond = float(text.get("x", 0)) + len(text.text or "") * LETTER / 2 - edge
        if beyond > 0:
            text.set("dx", f"{-beyond:.1f}")


def _remove_paths(group: Element) -> None:
    for path in group.findall("path"):
        group.remove(path)


def _places(group: Element) -> Iterator[tuple[float, float]]:
    """Of the points of a line, with dots or without."""
    for dot in group.iter("circle"):
        yield float(dot.get("cx", 0)), float(dot.get("cy", 0))
    for path in group.iter("path"):
        for x, y in _PLACE.findall(path.get("d", "")):
            yield float(x), float(y)


def _label_lines(chart: Chart, plots: Sequence[Element]) -> None:
    """Its name where a line ends, so that nothing is told by colour alone."""
    ends: list[list[Any]] = []
    for number, one in enumerate(chart.series):
        places = [
            place
            for plot in plots
            for group in plot.findall("g")
            if f"series-{number + 1}" in group.get("class", "").split()
            for place in _places(group)
        ]
        if places:
            x, y = max(places)
            ends.append([y, x, number, one.name])
    ends.sort()
    for above, below in pairwise(ends):
        below[0] = max(below[0], above[0] + LINE_HEIGHT)
    lowest = chart.height - BELOW
    for at in range(len(ends) - 1, -1, -1):  # none of them on the days below
        ends[at][0] = min(ends[at][0], lowest)
        lowest = ends[at][0] - LINE_HEIGHT
    for y, x, number, name in ends:
        place = {"x": f"{x + 10:.1f}", "y": f"{y + 4:.1f}", "class": f"name series-{number + 1}"}
        SubElement(plots[0], "text", place).text = name


def _add_columns(chart: Chart, plot: Element) -> None:
    """An invisible column over each label, which says on hover what stands there; console.js steps through them."""
    places = [float(text.get("x", 0)) for guide in _along(plot) for text in guide.findall("text")]
    if not places:
        return
    width = places[1] - places[0] if len(places) > 1 else 100.0
    for place, (label, texts) in zip(places, chart.rows(), strict=False):
        said = ", ".join(f"{one.name} {text}" for one, text in zip(chart.series, texts, strict=True))
        box = {"x": f"{place - width / 2:.1f}", "y": "0", "width": f"{width:.1f}", "height": f"{chart.height - 48}"}
        column = SubElement(plot, "rect", {**box, "class": "column"})
        SubElement(column, "title").text = f"{label}: {said}"
