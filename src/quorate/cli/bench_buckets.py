"""Latencies in buckets whose bounds grow by the same factor: few numbers, and yet as exact for microseconds as for seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log2

from quorate.cli.bench_results import Sample

BUCKETS_AN_OCTAVE = 8
"""Bucket n is for latencies from 2^(n/8) microseconds up to 9 % more. Number 0 is also for everything below."""

WIDTH = 40
"""Blocks of the longest bar."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_FAINT = 0.0005
"""Ends of the plot with less than this share of calls are gathered into one bar."""


def bucket(latency_s: float) -> int:
    """Its number."""
    microseconds = latency_s * 1e6
    return max(0, floor(log2(microseconds) * BUCKETS_AN_OCTAVE)) if microseconds > 0 else 0


def sample(latencies_s: list[float], commands_per_second: float) -> Sample:
    """Percentiles (by nearest rank) and buckets. `latencies_s` is sorted in place; it may be empty: then nothing ended in time."""
    latencies_s.sort()
    counts: dict[int, int] = {}
    for latency in latencies_s:
        number = bucket(latency)
        counts[number] = counts.get(number, 0) + 1
    p50, p95, p99, most = (percentile(latencies_s, percent) * 1000 for percent in (50, 95, 99, 100))
    return Sample(len(latencies_s), commands_per_second, p50, p95, p99, most, counts)


def percentile(ordered: Sequence[float], percent: int) -> float:
    """By nearest rank; 0 of nothing."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else 0.0


def plot(buckets: Mapping[int, int], *, unicode: bool = True) -> list[str]:
    """One bar for each doubling of the time, from the quickest calls to the slowest. Counts at either end that are next to nothing share a
    bar, so that one stray call does not make the picture long."""
    octaves: dict[int, int] = {}
    for number, count in buckets.items():
        octaves[number // BUCKETS_AN_OCTAVE] = octaves.get(number // BUCKETS_AN_OCTAVE, 0) + count
    total = sum(octaves.values())
    if not total:
        return ["no call ended"]
    rows = _gathered(octaves, total)
    longest = max(count for _, count in rows)
    names = [name for name, _ in rows]
    wide = max(map(len, names))
    return [
        f"{name:>{wide}}  {_share(count, total):>6}  {_bar(count / longest, unicode=unicode)}".rstrip()
        for name, count in rows
    ]


def _gathered(octaves: Mapping[int, int], total: int) -> list[tuple[str, int]]:
    """Bounds in words, and count. Empty doublings between others have their row too."""
    first, last = min(octaves), max(octaves)
    below = above = 0
    while first < last and below + octaves.get(first, 0) < _FAINT * total:
        below += octaves.get(first, 0)
        first += 1
    while last > first and above + octaves.get(last, 0) < _FAINT * total:
        above += octaves.get(last, 0)
        last -= 1
    rows = [(f"{_time(at)} - {_time(at + 1)}", octaves.get(at, 0)) for at in range(first, last + 1)]
    if below:
        rows.insert(0, (f"less than {_time(first)}", below))
    if above:
        rows.append((f"{_time(last + 1)} and more", above))
    return rows


def _time(octave: int) -> str:
    """Where a doubling begins, in words."""
    microseconds = 2**octave
    if microseconds < 1000:
        return f"{microseconds} us"
    return f"{microseconds / 1000:.3g} ms" if microseconds < 1_000_000 else f"{microseconds / 1_000_000:.3g} s"


def _share(count: int, total: int) -> str:
    share = 100 * count / total
    return "-" if not count else "<0.1 %" if share < 0.1 else f"{share:.1f} %"


def _bar(share: float, *, unicode: bool) -> str:
    if not unicode:
        return "#" * round(share * WIDTH)
    eighths = max(1, round(share * WIDTH * 8)) if share else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
