"""A picture as a test sees it: valid XML, everything on the sheet, no text on top of another."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

from quorate.sim.compare.svg import CHARACTER

SPACE = "{http://www.w3.org/2000/svg}"
Box = tuple[float, float, float, float]


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.XML(svg)


def texts(root: ElementTree.Element) -> list[tuple[str, Box]]:
    """Every text with about the place that it takes: left, top, right, bottom."""
    found = []
    for element in root.iter(f"{SPACE}text"):
        size, x, y = (float(element.attrib[name]) for name in ("font-size", "x", "y"))
        width = len(element.text or "") * size * CHARACTER
        left = {"start": x, "middle": x - width / 2, "end": x - width}[element.attrib["text-anchor"]]
        found.append((element.text or "", (left, y - size * 0.75, left + width, y + size * 0.2)))
    return found


def points(root: ElementTree.Element) -> list[tuple[float, float]]:
    """Corners and ends of every shape."""
    found = []
    for element in root.iter():
        kind, get = element.tag.removeprefix(SPACE), element.attrib
        if kind == "rect":
            x, y = float(get.get("x", 0)), float(get.get("y", 0))
            found += [(x, y), (x + float(get["width"]), y + float(get["height"]))]
        elif kind == "line":
            found += [(float(get["x1"]), float(get["y1"])), (float(get["x2"]), float(get["y2"]))]
        elif kind == "circle":
            found.append((float(get["cx"]), float(get["cy"])))
        elif kind in ("polyline", "polygon"):
            pairs = (pair.split(",") for pair in get["points"].split())
            found += [(float(x), float(y)) for x, y in pairs]
    return found


def check(svg: str) -> ElementTree.Element:
    """Assert that it can be looked at, and return it parsed."""
    root = parse(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for x, y in points(root):
        assert 0 <= x <= width, f"a shape reaches x = {x} of {width}"
        assert 0 <= y <= height, f"a shape reaches y = {y} of {height}"
    written = texts(root)
    for text, (left, top, right, bottom) in written:
        assert left >= 0, f"{text!r} begins at {left}"
        assert right <= width, f"{text!r} ends at {right} of {width}"
        assert top >= 0, f"{text!r} begins at {top}"
        assert bottom <= height, f"{text!r} ends at {bottom} of {height}"
    for (text, one), (other_text, other) in combinations(written, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, f"{text!r} lies on {other_text!r}"
    title, description = root[0], root[1]
    assert title.tag == f"{SPACE}title"
    assert description.tag == f"{SPACE}desc"
    assert title.text
    assert description.text
    assert root.attrib["role"] == "img"
    return root
