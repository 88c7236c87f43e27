"""How a run is shown."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from quorate.cli.simulate_screen import MOST_TOLD, MOST_WIDTH, Screen, show_recording, symbols_of, text_of, width_of
from quorate.core.ids import SECOND
from quorate.sim.scenarios.recorder import Mark, Recording, Span
from quorate.sim.scenarios.timeline import ASCII, UNICODE


def console(encoding: str = "utf-8", *, terminal: bool = False, width: int = 80) -> Console:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Console(file=file, width=width, force_terminal=terminal, no_color=True, legacy_windows=False)


def written(to: Console) -> str:
    file = to.file
    assert isinstance(file, io.TextIOWrapper)
    file.flush()
    raw = file.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode(file.encoding)


def recording(marks: int = 1) -> Recording:
    span = Span(0, 2 * SECOND, "follower")
    return Recording((1,), 2 * SECOND, {1: [span]}, marks=[Mark(number, f"mark {number}") for number in range(marks)])


def test_signs_that_the_terminal_can_show() -> None:
    assert symbols_of(console("utf-8")) is UNICODE
    assert symbols_of(console("ascii")) is ASCII


def test_styles_become_colours_or_nothing() -> None:
    text = text_of([[("a", "bold red"), ("b", "")], [("c", "")]])
    assert text.plain == "ab\nc"
    assert [str(span.style) for span in text.spans] == ["bold red"]


def test_a_picture_is_as_wide_as_it_makes_sense() -> None:
    assert (width_of(console(width=100)), width_of(console(width=500))) == (100, MOST_WIDTH)


def test_the_whole_run_in_80_columns() -> None:
    for encoding in ("utf-8", "ascii"):
        to = console(encoding)
        show_recording(to, recording(), [(SECOND, "met: expect leader", True)])
        text = written(to)
        assert "\x1b" not in text
        assert max(map(len, text.splitlines())) <= 80
        for piece in ("node 1", "mark 0", "= ", "met: expect leader", "0 elections"):
            assert piece in text


def test_a_long_story_is_cut() -> None:
    to = console()
    show_recording(to, recording(MOST_TOLD + 3))
    assert "... and 3 more; --trace FILE has everything" in written(to)


def test_a_live_picture_keeps_its_pace_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    to = console(terminal=True)
    screen = Screen(to, speed=10.0, until=4 * SECOND)
    screen.look()
    screen.recording = recording()
    started = time.perf_counter()
    screen.look()
    assert time.perf_counter() - started >= 0.1, "2 simulated seconds at ten times real time"
    screen.close()
    text = written(to)
    assert "node 1" in text
    assert "mark 0" in text


def test_at_full_speed_nothing_waits() -> None:
    to = console(terminal=True)
    screen = Screen(to, speed=None, until=SECOND)
    screen.recording = recording()
    screen.recording.end = 3600 * SECOND
    started = time.perf_counter()
    screen.look()
    assert time.perf_counter() - started < 5
    screen.close()
