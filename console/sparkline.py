"""A small line without axes: how a number came about, beside the number. The numbers themselves stand in the chart."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

WIDTH: Final = 120
HEIGHT: Final = 28
_INSET: Final = 2  # so that the stroke is not cut
Value = float | int | None


def sparkline(values: Sequence[Value], is_unfinished: bool = False) -> Markup:
    """From zero or what is less; a gap is a gap. The piece to what is not over is drawn apart. Empty where there are
    fewer than two values.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2 or not any(known):
        return Markup("")
    low, high = min(0.0, *known), max(known)
    step = (WIDTH - 2 * _INSET) / max(1, len(values) - 1)
    places = [
        None if value is None else (_INSET + number * step, _height(value, low, high))
        for number, value in enumerate(values)
    ]
    finished = places[:-1] if is_unfinished else places
    ahead = _path(places[-2:]) if is_unfinished else ""
    drawn = Markup('<path d="{}"/>').format(_path(finished))
    if ahead:
        drawn += Markup('<path class="unfinished" d="{}"/>').format(ahead)
    frame = Markup('<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>')
    return frame.format(WIDTH, HEIGHT, drawn)


def _height(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return HEIGHT - _INSET - share * (HEIGHT - 2 * _INSET)


def _path(places: Sequence[tuple[float, float] | None]) -> str:
    parts, pen = [], "M"
    for place in places:
        if place is None:
            pen = "M"
            continue
        parts.append(f"{pen}{place[0]:.1f} {place[1]:.1f}")
        pen = "L"
    return "".join(parts)
