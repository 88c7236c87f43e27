"""How one simulated run is shown: a picture that grows while it goes, and the same picture and its story at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from rich.console import Console
from rich.live import Live
from rich.text import Text

from quorate.core.ids import SECOND, Nanos
from quorate.sim.scenarios.recorder import Recording
from quorate.sim.scenarios.timeline import ASCII, UNICODE, Line, Symbols, draw, legend, story, totals

FRAME_S = 0.05
"""Between two pictures."""

MOST_WIDTH = 160
"""A wider picture is no clearer."""

MOST_TOLD = 200
"""Lines of a story; a storm of an hour has thousands."""

LATEST = 4
"""Lines of the story below a picture that still grows."""


def symbols_of(console: Console) -> Symbols:
    """Those that the terminal can show."""
    return ASCII if console.options.ascii_only else UNICODE


def text_of(lines: Iterable[Line]) -> Text:
    """Lines as rich prints them; a console without colours leaves the styles out."""
    text = Text(no_wrap=True)
    for number, line in enumerate(lines):
        if number:
            text.append("\n")
        for piece, style in line:
            text.append(piece, style or None)
    return text


class Screen:
    """Shows a run on a terminal while it goes, and holds it to a speed that a person can follow. `until`: its expected end."""

    def __init__(self, console: Console, speed: float | None, until: Nanos) -> None:
        self.recording: Recording | None = None
        self._console = console
        self._speed = speed
        self._until = until
        self._started = time.perf_counter()
        self._drawn = 0.0
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._never = threading.Event()
        self._live.start()

    def look(self) -> None:
        """Called whenever the simulation has gone on a little: draws, and waits if it is ahead of its time."""
        if self.recording is None:
            return
        now = time.perf_counter()
        if now - self._drawn >= FRAME_S:
            self._drawn = now
            self._live.update(self._picture(self.recording), refresh=True)
        if self._speed is not None:
            ahead = self._started + self.recording.end / SECOND / self._speed - now
            if ahead > FRAME_S:
                self._never.wait(ahead)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._live.stop()

    def _picture(self, recording: Recording) -> Text:
        symbols = symbols_of(self._console)
        lines = draw(recording, width_of(self._console), symbols, max(self._until, recording.end))
        return text_of([*lines, *legend(symbols, recording), *story(recording)[-LATEST:]])


def width_of(console: Console) -> int:
    """Columns of a picture."""
    return min(console.width, MOST_WIDTH)


def show_recording(console: Console, recording: Recording, verdicts: Iterable[tuple[Nanos, str, bool]] = ()) -> None:
    """The whole run: picture, legend, story, totals."""
    symbols = symbols_of(console)
    console.print(text_of([*draw(recording, width_of(console), symbols), *legend(symbols, recording)]), soft_wrap=True)
    told = story(recording, verdicts)
    console.print()
    console.print(text_of(told[:MOST_TOLD]), soft_wrap=True)
    if len(told) > MOST_TOLD:
        console.print(f"... and {len(told) - MOST_TOLD:,} more; --trace FILE has everything", highlight=False)
    console.print()
    console.print(totals(recording), highlight=False)
