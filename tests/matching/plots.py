"""Two figures as SVG, drawn by hand: reliability, and precision and recall per world."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from tests.matching.metrics import Interval, ReliabilityRow

COLOURS = ("#0b7285", "#e8590c", "#868e96")
STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#343a40}.axis{stroke:#adb5bd}.grid{stroke:#e9ecef}"
    ".title{font-size:14px;font-weight:600}</style>"
)
LEFT, TOP, SIDE = 60, 40, 360


def reliability_svg(rows: Sequence[ReliabilityRow], lowest: float = 0.5) -> str:
    """Observed against predicted; the area of a dot is the number of matches."""

    def at(value: float) -> float:
        return (value - lowest) / (1 - lowest) * SIDE

    marks = [f'<line class="axis" x1="{LEFT}" y1="{TOP + SIDE}" x2="{LEFT + SIDE}" y2="{TOP}" stroke-dasharray="4 4"/>']
    for step in range(6):
        value = lowest + (1 - lowest) * step / 5
        x, y = LEFT + at(value), TOP + SIDE - at(value)
        marks.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + SIDE}" y2="{y:.1f}"/>')
        marks.append(f'<text x="{x:.1f}" y="{TOP + SIDE + 18}" text-anchor="middle">{value:.1f}</text>')
        marks.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.1f}</text>')
    most = max(row.installs for row in rows)
    for row in rows:
        x, y = LEFT + at(row.predicted), TOP + SIDE - at(max(row.observed, lowest))
        radius = 3 + 12 * (row.installs / most) ** 0.5
        title = f"{row.installs} matches: predicted {row.predicted:.4f}, observed {row.observed:.4f}"
        marks.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{COLOURS[0]}" fill-opacity="0.6">'
            f"<title>{title}</title></circle>"
        )
    marks.append(f'<text class="title" x="{LEFT}" y="22">Probabilistic matches: predicted and observed</text>')
    marks.append(f'<text x="{LEFT + SIDE / 2}" y="{TOP + SIDE + 38}" text-anchor="middle">predicted probability</text>')
    return _document(LEFT + SIDE + 30, TOP + SIDE + 50, marks)


def worlds_svg(worlds: Mapping[str, Mapping[str, tuple[Interval, Interval]]]) -> str:
    """Precision and recall of each method in each world, as two columns of bars."""
    bar, gap, width = 9, 14, 260
    methods = list(next(iter(worlds.values())))
    block = bar * len(methods) + gap
    marks = []
    for column, title in enumerate(("precision", "recall")):
        left = 170 + column * (width + 60)
        marks.append(f'<text class="title" x="{left}" y="22">{title}</text>')
        for at, (world, scores) in enumerate(worlds.items()):
            top = 40 + at * block
            if column == 0:
                marks.append(f'<text x="160" y="{top + block / 2}" text-anchor="end">{escape(world)}</text>')
            for row, method in enumerate(methods):
                value = scores[method][column]
                y, length = top + row * bar, value.mean * width
                marks.append(
                    f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 1}" fill="{COLOURS[row]}">'
                    f"<title>{escape(method)}: {value}</title></rect>"
                )
                marks.append(
                    f'<line stroke="#212529" x1="{left + length - value.half_width * width:.1f}" y1="{y + bar / 2}" '
                    f'x2="{left + length + value.half_width * width:.1f}" y2="{y + bar / 2}"/>'
                )
    foot = 40 + len(worlds) * block + 10
    for row, method in enumerate(methods):
        x = 20 + row * 240
        marks.append(f'<rect x="{x}" y="{foot}" width="12" height="12" fill="{COLOURS[row]}"/>')
        marks.append(f'<text x="{x + 18}" y="{foot + 11}">{escape(method)}</text>')
    return _document(170 + 2 * width + 90, foot + 30, marks)


def _document(width: int, height: int, marks: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    body = "\n".join(marks)
    return f'{head}{STYLE}\n<rect width="{width}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n'
