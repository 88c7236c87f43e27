"""The tables."""

from __future__ import annotations

from cli.bench_samples import machine, report
from quorate.cli.bench_table import as_text, milliseconds, number, table, warnings


def test_the_table_has_every_row() -> None:
    lines = as_text(report()).splitlines()
    assert lines[0] == "raft: 3 processes on loopback, durable logs, 256-byte values"
    cells = [line.split() for line in lines[3:7]]
    assert cells[0] == ["write", "leader", "1", "1,000", "900", "-", "1,200", "1.00", "2.00", "3.00", "40.0"]
    assert cells[1] == ["write", "leader", "256", "30,000", "29,000", "-", "31,000", "8.50", "17.0", "25.5", "360"]
    assert cells[2][:5] == ["write,", "lists", "of", "100", "leader"]
    assert cells[3][:4] == ["put,", "HTTP/JSON", "(leader)", "64"]
    (failover,) = [line for line in lines if line.startswith("leader killed")]
    assert failover.split()[-6:] == ["30", "116", "101", "127", "130", "ms"]


def test_histograms_are_of_the_busiest_unless_all_are_wanted() -> None:
    def shown(*, every_plot: bool) -> list[str]:
        lines = as_text(report(), every_plot=every_plot).splitlines()
        return [line for line in lines if line.startswith("Latencies: ")]

    assert "Latencies: write, leader, 256 in flight" in shown(every_plot=False)
    assert "Latencies: write, leader, 1 in flight" not in shown(every_plot=False)
    assert len(shown(every_plot=True)) == 4


def test_what_makes_figures_worth_less_is_said() -> None:
    assert warnings(machine()) == []
    (busy,) = warnings(machine(load=7.5))
    assert "7.5 processes wanted to run on 2 cores" in busy
    (memory,) = warnings(machine(file_system="tmpfs"))
    assert "name a --data-dir on a disk" in memory
    assert memory in as_text(report(file_system="tmpfs"))


def test_columns_are_aligned() -> None:
    assert table([["", "n", ""], ["a", "1,000", "ms"], ["long", "2", "MB"]], left=1) == [
        "          n",
        "a     1,000  ms",
        "long      2  MB",
    ]


def test_numbers_have_as_many_digits_as_tell_something() -> None:
    assert [number(value) for value in (0.25, 99.96, 100.4, 1234567.0)] == ["0.2", "100.0", "100", "1,234,567"]
    assert [milliseconds(value) for value in (0.128, 12.34, 123.4, 4321.0)] == ["0.13", "12.3", "123", "4,321"]
