"""Writes figures into docs/performance.md: from what `quorate bench --json`, `peers/run.py --json` and `growth.py` have written.

    python benchmarks/report.py bench.json [peers.json] [docs/performance/growth.json] [--page docs/performance.md]

Each kind of file has its place in the page, between `<!-- figures: NAME -->` and `<!-- end of figures -->`; what stands there is replaced.
Which kind a file is, it says itself. Everything outside of those marks is left as it is.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import msgspec

sys.path.append(str(Path(__file__).parent / "peers"))

from results import HEADINGS, Comparison, cells_of

from growth import TITLES, Growth, steepest, values_of
from quorate.cli.bench_results import Machine, Report
from quorate.cli.bench_table import SPAN_HEADINGS, SPEED_HEADINGS, milliseconds, number, span_cells, speed_cells

Figures = Report | Comparison | Growth
END = "<!-- end of figures -->"


def read(path: Path) -> Figures:
    """Of whichever kind. Raises `SystemExit` for what is none."""
    data = path.read_bytes()
    for kind in (Report, Comparison, Growth):
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.DecodeError:
            continue
    raise SystemExit(f"{path}: not written by quorate bench, peers/run.py or growth.py of this version")


def name_of(figures: Figures) -> str:
    """Of its place in the page."""
    return {Report: "bench", Comparison: "peers", Growth: "growth"}[type(figures)]


def as_markdown(figures: Figures) -> str:
    """What is to stand there."""
    match figures:
        case Report():
            lines = [f"{figures.setting.title}; {figures.setting.repeat} x {figures.setting.seconds:g} s, medians.", ""]
            if figures.speeds:
                lines += [*_table(SPEED_HEADINGS, [speed_cells(speed) for speed in figures.speeds], left=2), ""]
            if figures.spans:
                lines += [*_table(SPAN_HEADINGS, [span_cells(span) for span in figures.spans], left=1)]
        case Comparison():
            lines = [f"Values of {figures.size_bytes} bytes; {figures.repeat} x {figures.seconds:g} s, medians.", ""]
            lines += _table(HEADINGS, cells_of(figures), left=1)
            lines += ["", *(f"- {name}: {note}." for name, note in figures.notes.items())]
            lines += [f"- {name} was not measured: {why}" for name, why in figures.missing.items()]
        case Growth():
            lines = []
            for curve in figures.curves:
                title, x_label, y_label = TITLES[curve.axis]
                rows = [[f"{point.x:,}", milliseconds(median(values_of(curve.axis, point)))] for point in curve.points]
                lines += [f"### {title}", "", f"![{title}](performance/{curve.axis}.svg)", ""]
                lines += [*_table((x_label, y_label), rows, left=0), ""]
                lines += [f"Steepest step: {steepest(curve):.2f} times in proportion.", ""]
    return "\n".join([*lines, "", _machine(figures.machine, figures.measured_at)])


def _machine(machine: Machine, measured_at: str) -> str:
    busy = f" {number(machine.load)} processes wanted to run before the start."
    return f"Measured {measured_at[:10]} on {machine.title}; {machine.file_system}, {machine.pace}.{busy}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> list[str]:
    marks = ["---" if at < left else "---:" for at in range(len(headings))]
    return [f"| {' | '.join(cells)} |" for cells in (headings, marks, *rows)]


def filled_in(page: str, name: str, text: str) -> str:
    """The page with that place replaced. Raises `SystemExit` if it has none."""
    begin = f"<!-- figures: {name} -->"
    pattern = re.compile(re.escape(begin) + r".*?" + re.escape(END), re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"the page has no place for {name}: put {begin} and {END} on lines of their own")
    return pattern.sub(lambda _: f"{begin}\n\n{text}\n\n{END}", page)


def main(words: Sequence[str] | None = None) -> int:
    """Fill in."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--page", type=Path, default=Path("docs/performance.md"))
    given = parser.parse_args(words)
    page = given.page.read_text()
    for path in given.files:
        figures = read(path)
        page = filled_in(page, name_of(figures), as_markdown(figures))
    given.page.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
