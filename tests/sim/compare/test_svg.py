"""The writer of pictures."""

from __future__ import annotations

import pytest

from quorate.sim.compare.svg import COLOURS, DASHES, Sheet, flow, shortened, text_width
from sim.compare.drawing import SPACE, check, parse, texts


def test_text_is_escaped_wherever_it_comes_from() -> None:
    sheet = Sheet(300, 100, "a < b & c", 'says "no"')
    sheet.text(10, 40, "<script>alert('x')</script>", size=8)
    sheet.box(10, 60, 20, 10, 'f0" onload="x', tip="1 & 2")
    root = check(sheet.write())
    assert root[0].text == "a < b & c"
    assert root[1].text == 'says "no"'
    assert [text for text, _ in texts(root)] == ["<script>alert('x')</script>"]
    (drawn,) = [one for one in root.iter(f"{SPACE}rect") if one.get("x") == "10"]
    assert drawn.attrib["class"] == 'f0" onload="x'
    assert "onload" not in drawn.attrib


def test_there_are_colours_for_light_and_for_dark() -> None:
    style = parse(Sheet(10, 10, "t", "d").write()).findtext(f"{SPACE}style") or ""
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")
    for number, (on_light, on_dark) in enumerate(COLOURS):
        assert f".s{number}{{stroke:{on_light}}}" in light
        assert f".s{number}{{stroke:{on_dark}}}" in dark
    assert len(COLOURS) == len(DASHES) == len(set(DASHES)) == len(set(COLOURS))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("pair", COLOURS)
def test_every_colour_stands_out_from_its_paper(pair: tuple[str, str]) -> None:
    """WCAG 2.2, 1.4.11: 3 to 1 for what must be seen in a picture."""
    assert contrast(pair[0], "#ffffff") >= 3
    assert contrast(pair[1], "#14181d") >= 3


def test_numbers_are_short_and_shapes_are_where_they_belong() -> None:
    sheet = Sheet(100, 100, "t", "d")
    sheet.line(1, 2.04, 3.25, 4, "axis")
    sheet.curve([(1, 2), (3.333, 4)], "s0", dash="2 3")
    sheet.area([(1, 1), (2, 2), (3, 1)], "f0", 0.25)
    for number in range(6):
        sheet.mark(20 + 10 * number, 50, number)
    sheet.head("x", "y")
    document = sheet.write()
    assert '<line x1="1" y1="2" x2="3.2" y2="4" class="axis" stroke-width="1"/>' in document
    assert 'points="1,2 3.3,4" class="s0"' in document
    assert 'stroke-dasharray="2 3"' in document
    root = check(document)
    assert len(list(root.iter(f"{SPACE}circle"))) == 2
    assert len(list(root.iter(f"{SPACE}polygon"))) == 5


def test_things_flow_into_rows() -> None:
    assert flow([50, 40, 30, 200], 10, 120) == [(10, 0), (60, 0), (10, 1), (10, 2)]
    assert flow([], 10, 120) == []


def test_long_names_are_cut() -> None:
    assert shortened("raft") == "raft"
    assert len(shortened("x" * 50)) == 40
    assert text_width("abcd", 10) == pytest.approx(23.2)
