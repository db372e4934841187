"""Charts: what is drawn, what is said, and nothing that a strict policy forbids."""

import itertools
import re
from xml.etree.ElementTree import Element, fromstring

import pytest

from console.charts import Chart, Series, draw

DAYS = [f"{day} Nov" for day in range(1, 29)]


def both(chart: Chart) -> tuple[Element, Element]:
    """For much room, and for little."""
    wide, narrow = fromstring(f"<both>{draw(chart)}</both>")  # noqa: S314 - drawn here
    return wide, narrow


def drawn(chart: Chart) -> Element:
    return both(chart)[0]


def lines(root: Element, name: str) -> list[str]:
    return [path.get("d", "") for group in root.iter("g") if group.get("class") == name for path in group.iter("path")]


def points(line: str) -> int:
    return len(re.findall(r"[\d.]+ [\d.]+", line))


def month(**options: object) -> Chart:
    spend = Series("Spend", [float(day) for day in range(28)], [f"{day}.00" for day in range(28)])
    revenue = Series("Revenue", [float(2 * day) for day in range(28)], [f"{2 * day}.00" for day in range(28)])
    return Chart("Spend and revenue, EUR per day", DAYS, [spend, revenue], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["line", "bar"])
def test_nothing_is_in_it_that_the_policy_forbids(kind: str) -> None:
    text = str(draw(month(kind=kind)))
    assert not re.search(r"<script|<style|style=|\son\w+=|href|pygal", text, re.IGNORECASE)


def test_it_says_what_it_is_to_whoever_cannot_see_it() -> None:
    root = drawn(month())
    assert root.get("role") == "img"
    assert root.get("aria-label", "").startswith("Spend and revenue, EUR per day")


def test_a_gap_is_a_gap_and_no_line_across_it() -> None:
    chart = Chart("x", ["a", "b", "c", "d", "e"], [Series("x", [1, 2, None, 4, 5], list("12-45"))])
    assert [points(line) for line in lines(drawn(chart), "series series-1")] == [2, 2]
    assert chart.rows()[2] == ("c", ["–"])


def test_the_way_to_an_unfinished_day_is_a_piece_of_its_own() -> None:
    root = drawn(month(is_unfinished=True))
    assert [points(line) for line in lines(root, "series series-1")] == [27]
    assert [points(line) for line in lines(root, "series series-1 unfinished")] == [2]
    assert lines(drawn(month()), "series series-1 unfinished") == []


def test_the_bar_of_an_unfinished_day_is_marked_alone() -> None:
    bars = Chart(
        "Installs", DAYS, [Series("Installs", range(28), list(map(str, range(28))))], "bar", is_unfinished=True
    )
    marked = [bar.get("class") for bar in drawn(bars).iter("rect") if "column" not in bar.get("class", "")]
    assert marked[-1] == "rect unfinished"
    assert marked.count("rect unfinished") == 1


def test_bars_begin_at_zero() -> None:
    bars = Chart("x", ["a", "b"], [Series("x", [100, 101], ["100", "101"])], "bar")
    low, high = (
        float(bar.get("height", 0)) for bar in drawn(bars).iter("rect") if bar.get("class", "").startswith("rect")
    )
    assert low / high == pytest.approx(100 / 101, rel=0.01)


def test_line_and_bars_share_their_x() -> None:
    def places(chart: Chart) -> list[float]:
        return [float(column.get("x", 0)) for column in drawn(chart).iter("rect") if column.get("class") == "column"]

    large = [Series("x", [day * 1e6 for day in range(28)], list(map(str, range(28))))]
    bars = Chart("x", DAYS, large, "bar", is_below_lines=True)
    assert places(month()) == places(bars)
    plots = [
        next(group for group in drawn(chart).iter("g") if group.get("class") == "plot") for chart in (month(), bars)
    ]
    assert plots[0].get("transform") == plots[1].get("transform")


def test_each_line_is_named_at_its_end_and_names_do_not_lie_on_each_other() -> None:
    same = [Series(name, [1.0, 2.0], ["1", "2"]) for name in ("Spend", "Revenue", "<Profit>")]
    names = [text for text in drawn(Chart("x", ["a", "b"], same)).iter("text") if "name" in text.get("class", "")]
    assert {text.text for text in names} == {"Spend", "Revenue", "<Profit>"}
    heights = sorted(float(text.get("y", 0)) for text in names)
    assert all(below - above >= 16 for above, below in itertools.pairwise(heights))


def test_every_value_is_said_where_it_is_pointed_at() -> None:
    titles = [title.text for title in drawn(month()).iter("title")]
    assert titles[3] == "4 Nov: Spend 3.00, Revenue 6.00"
    assert len(titles) == 28


def test_as_many_labels_as_can_be_read_and_the_last_one() -> None:
    shown = [text.text for text in drawn(month()).iter("text") if text.text in DAYS and not text.get("display")]
    assert len(shown) <= 8
    assert shown[-1] == "28 Nov"


@pytest.mark.parametrize("values", [[], [None], [None, None], [0], [0, 0], [5]])
@pytest.mark.parametrize("kind", ["line", "bar"])
def test_little_or_nothing_can_be_drawn(values: list[float | None], kind: str) -> None:
    labels = DAYS[: len(values)]
    chart = Chart("x", labels, [Series("x", values, ["0"] * len(values))], kind, is_unfinished=True)  # type: ignore[arg-type]
    assert "<svg" in str(draw(chart))


def test_it_is_drawn_for_a_phone_too_with_the_same_numbers_and_fewer_labels() -> None:
    wide, narrow = both(month())
    assert [root.get("class") for root in (wide, narrow)] == ["wide", "narrow"]
    assert float(narrow.get("viewBox", "").split()[2]) <= 390 - 2 * 16
    columns = [
        [one.findtext("title") for one in root.iter("rect") if one.get("class") == "column"] for root in (wide, narrow)
    ]
    assert columns[0] == columns[1]
    shown = [
        [text.text for text in root.iter("text") if text.text in DAYS and not text.get("display")]
        for root in (wide, narrow)
    ]
    assert len(shown[1]) < len(shown[0])
    assert shown[1][-1] == DAYS[-1]


def test_a_label_at_the_edge_is_moved_in() -> None:
    labels = ["below 90.0%", "90.0% – 95.0%", "95.0% – 98.0%", "99.9% and more"]
    bars = Chart("x", labels, [Series("x", [1, 2, 3, 4], list("1234"))], "bar")
    moved = [text.get("dx") for text in both(bars)[1].iter("text") if text.text == labels[-1]]
    assert len(moved) == 1
    assert float(moved[0] or 0) < 0


def dots(chart: Chart) -> list[int]:
    return [len(list(root.iter("circle"))) for root in both(chart)]


def test_a_long_line_has_no_dots_and_its_name_all_the_same() -> None:
    days = [f"{day}" for day in range(90)]
    long = [Series(name, range(90), days) for name in ("Spend", "Revenue")]
    chart = Chart("x", days, long, is_unfinished=True)
    assert dots(chart) == [0, 0]
    for root in both(chart):
        names = {text.text: float(text.get("x", 0)) for text in root.iter("text") if "name" in text.get("class", "")}
        last = max(float(one.get("x", 0)) for one in root.iter("rect") if one.get("class") == "column")
        assert set(names) == {"Spend", "Revenue"}
        assert min(names.values()) > last


def test_a_day_between_gaps_is_seen_on_a_long_line_too() -> None:
    days = [f"{day}" for day in range(90)]
    lone = [5 if day == 40 else None if 35 < day < 45 else 1 for day in range(90)]
    assert min(dots(Chart("x", days, [Series("x", lone, days)]))) > 0
