"""A small writer of SVG: shapes and text on one sheet, readable in light and in dark, with a title and a description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

CHARACTER = 0.58
"""Width of a character of a sans-serif type, on average and not too little, in units of its size."""

COLOURS = (
    ("#0072b2", "#56a8e0"),
    ("#d55e00", "#ff8a3d"),
    ("#009e73", "#35c99b"),
    ("#a4508b", "#e39ac6"),
    ("#b58900", "#f0c23b"),
    ("#3b7a8c", "#8fd0e0"),
    ("#7a5230", "#c9a27c"),
    ("#5b5f97", "#a9adf0"),
)
"""On light and on dark. The order of Okabe and Ito (2008), whose hues can be told apart with any kind of colour vision; each is used
with a dash pattern and a mark of its own besides."""

DASHES = ("", "7 4", "2 3", "10 4 2 4", "4 2", "12 5", "1 4", "8 3 2 3 2 3")

_LIGHT = {
    "paper": "#ffffff",
    "ink": "#1c2126",
    "soft": "#5c6670",
    "grid": "#dfe4e8",
    "shade": "#eceff2",
    "void": "#f7f8f9",
}
_DARK = {
    "paper": "#14181d",
    "ink": "#e8ecef",
    "soft": "#a3adb7",
    "grid": "#333b44",
    "shade": "#262d35",
    "void": "#1b2127",
}


def _rules(theme: Mapping[str, str], colours: Sequence[str]) -> str:
    rules = [
        f".paper{{fill:{theme['paper']}}}",
        f".ink{{fill:{theme['ink']}}}",
        f".soft{{fill:{theme['soft']}}}",
        f".grid{{stroke:{theme['grid']}}}",
        f".axis{{stroke:{theme['soft']}}}",
        f".pen{{stroke:{theme['ink']}}}",
        f".shade{{fill:{theme['shade']}}}",
        f".void{{fill:{theme['void']};stroke:{theme['grid']}}}",
        f".halo{{stroke:{theme['paper']}}}",
        f".on{{fill:{theme['paper']}}}",
    ]
    for number, colour in enumerate(colours):
        rules += [f".s{number}{{stroke:{colour}}}", f".f{number}{{fill:{colour}}}"]
    return "".join(rules)


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def text_width(text: str, size: float) -> float:
    """About how wide `text` is; rather too much."""
    return len(text) * size * CHARACTER


def shortened(text: str, most: int = 40) -> str:
    """At most so many characters, the end left out if it must be."""
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"


def flow(widths: Sequence[float], start: float, end: float) -> list[tuple[float, int]]:
    """Places for things of these widths, one beside the other, in as many rows as that takes: (x, row) of each."""
    places = []
    x, row = start, 0
    for width in widths:
        if x > start and x + width > end:
            x, row = start, row + 1
        places.append((x, row))
        x += width
    return places


class Sheet:
    """What is drawn later covers what was drawn before. Lengths are in pixels of an unscaled picture."""

    def __init__(self, width: float, height: float, title: str, description: str) -> None:
        self.width = width
        self.height = height
        self._title = title
        self._description = description
        self._parts: list[str] = []

    def add(self, tag: str, content: str = "", **attributes: float | str) -> None:
        """One element; in names of attributes `_` stands for `-`, and one at the end for nothing."""
        written = "".join(
            f" {name.rstrip('_').replace('_', '-')}={quoteattr(_number(value))}" for name, value in attributes.items()
        )
        body = f">{escape(content)}</{tag}>" if content else "/>"
        self._parts.append(f"<{tag}{written}{body}")

    def text(
        self,
        x: float,
        y: float,
        content: str,
        *,
        size: float = 12,
        anchor: str = "start",
        kind: str = "ink",
        bold: bool = False,
    ) -> None:
        """`y` is that of the base line."""
        weight: dict[str, Any] = {"font_weight": "600"} if bold else {}
        self.add("text", content, x=x, y=y, font_size=size, text_anchor=anchor, class_=kind, **weight)

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str, width: float = 1) -> None:
        """From one point to another."""
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind, stroke_width=width)

    def curve(self, points: Sequence[tuple[float, float]], kind: str, width: float = 2, dash: str = "") -> None:
        """Straight from point to point."""
        joined = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        dashed: dict[str, Any] = {"stroke_dasharray": dash} if dash else {}
        self.add(
            "polyline", points=joined, class_=kind, fill="none", stroke_width=width, stroke_linejoin="round", **dashed
        )

    def area(self, points: Sequence[tuple[float, float]], kind: str, opacity: float) -> None:
        """A filled polygon."""
        joined = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self.add("polygon", points=joined, class_=kind, fill_opacity=f"{opacity:g}")

    def box(
        self, x: float, y: float, width: float, height: float, kind: str, *, tip: str = "", round_: float = 0
    ) -> None:
        """`tip` is shown by a pointer that rests on it."""
        rounded: dict[str, Any] = {"rx": round_} if round_ else {}
        if not tip:
            self.add("rect", x=x, y=y, width=width, height=height, class_=kind, **rounded)
            return
        self._parts.append("<g>")
        self.add("title", tip)
        self.add("rect", x=x, y=y, width=width, height=height, class_=kind, **rounded)
        self._parts.append("</g>")

    def mark(self, x: float, y: float, number: int) -> None:
        """The sign of series `number`."""
        r = 4.2
        shapes = (
            [(x + dx * r, y + dy * r) for dx, dy in corners]
            for corners in (
                ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
                ((0, -1.15), (1.1, 0.9), (-1.1, 0.9)),
                ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
                ((0, 1.15), (1.1, -0.9), (-1.1, -0.9)),
            )
        )
        kind = f"f{number % len(COLOURS)} halo"
        if number % 5 == 0:
            self.add("circle", cx=x, cy=y, r=r, class_=kind, stroke_width=1.2)
        else:
            points = list(shapes)[number % 5 - 1]
            self.add(
                "polygon",
                points=" ".join(f"{_number(px)},{_number(py)}" for px, py in points),
                class_=kind,
                stroke_width=1.2,
            )

    def head(self, title: str, subtitle: str) -> None:
        """What the picture shows, at its top."""
        self.text(20, 30, title, size=17, bold=True)
        self.text(20, 50, subtitle, size=12, kind="soft")

    def write(self) -> str:
        """The whole document."""
        light, dark = (_rules(theme, [pair[at] for pair in COLOURS]) for at, theme in enumerate((_LIGHT, _DARK)))
        wide, high = _number(self.width), _number(self.height)
        opening = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" role="img" '
            'aria-labelledby="title description" font-family="sans-serif">'
        )
        return "\n".join(
            [
                opening,
                f'<title id="title">{escape(self._title)}</title>',
                f'<desc id="description">{escape(self._description)}</desc>',
                f"<style>{light}@media (prefers-color-scheme: dark){{{dark}}}</style>",
                f'<rect class="paper" width="{wide}" height="{high}" rx="6"/>',
                *self._parts,
                "</svg>\n",
            ]
        )
