"""Comparisons made up for tests: every measure has a value, and nothing was run."""

from __future__ import annotations

from collections.abc import Sequence

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.compare.entrants import Entrant, Option
from quorate.sim.compare.measures import MEASURES
from quorate.sim.compare.results import Cell, Comparison, Setting, Strip
from quorate.sim.compare.stage import Band, Timeline, Value
from quorate.sim.compare.trials.table import TRIALS
from quorate.sim.compare.watch import Reign


def timeline(*leaders: int, node: int = 5) -> Timeline:
    """Each of `leaders` for 5 s, with half a second of nobody between them; `node` is down for 2 s of every 5."""
    reigns = [
        Reign(leader, place + 1, place * 5 * SECOND + SECOND // 2, (place + 1) * 5 * SECOND)
        for place, leader in enumerate(leaders)
    ]
    bands = [Band(place * 5 * SECOND, (place * 5 + 2) * SECOND) for place in range(len(leaders))]
    return Timeline(node, len(leaders) * 5 * SECOND, reigns, bands)


def values(name: str, nodes: int, seeds: int) -> list[Value]:
    """Rising with the size and from seed to seed."""
    scale = MILLISECOND if MEASURES[name].unit == "ms" else 1
    return [(nodes * 10 + seed) * scale for seed in range(seeds)]


def _parts(label: str) -> tuple[str, dict[str, Option]]:
    """Name and settings, all of them as words."""
    name, *settings = label.split(",")
    return name, {key: value for key, _, value in (setting.partition("=") for setting in settings)}


def comparison(*labels: str, seeds: int = 3, without: Sequence[str] = ()) -> Comparison:
    """Entrants of these labels; `without`: names of trials that were not made."""
    setting = Setting(nodes=5, sizes=(3, 5, 9), seeds=seeds)
    cells, strips = [], []
    for label in labels:
        for trial, kind in TRIALS.items():
            if trial in without:
                continue
            for nodes in setting.sizes if kind.sized else (setting.nodes,):
                names = [measure.name for measure in MEASURES.values() if measure.trial == trial]
                kinds = {"Ping": [nodes] * seeds, "Pong": [nodes + 1] * seeds} if trial in ("rest", "dies") else {}
                cells.append(Cell(label, trial, nodes, {name: values(name, nodes, seeds) for name in names}, kinds))
            if trial in ("flaps", "links"):
                strips.append(Strip(label, trial, timeline(5, 4, 5, 3)))
    entrants = tuple(Entrant(label, *_parts(label)) for label in labels)
    return Comparison(setting, entrants, tuple(cells), tuple(strips))
