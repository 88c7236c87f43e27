"""How far a storm has come."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from quorate.cli import simulate_progress
from quorate.cli.simulate_progress import Progress


def test_in_a_file_it_is_lines_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(simulate_progress.time, "perf_counter", lambda: now[0])
    file = io.StringIO()
    with Progress(Console(file=file, width=40), 1000) as progress:
        for _ in range(25):
            now[0] += 1
            progress.done(failed=2)
        progress.say("seed 7: it broke")
    assert file.getvalue().splitlines() == [
        "10 of 1,000 seeds, 2 failed, 1.0 seeds/s, about 990 s left",
        "20 of 1,000 seeds, 2 failed, 1.0 seeds/s, about 980 s left",
        "seed 7: it broke",
    ]


def test_on_a_terminal_it_is_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    file = io.StringIO()
    with Progress(Console(file=file, width=100, force_terminal=True, color_system=None), 3) as progress:
        for _ in range(3):
            progress.done(failed=1)
        progress.say("seed 7: it broke")
    text = file.getvalue()
    assert "3/3" in text
    assert "1 failed" in text
    assert "seeds/s" in text
    assert "seed 7: it broke" in text
