"""The list of reasons is exactly what the source emits."""

from pathlib import Path

from algorithms.raft.test_reasons import reasons_in
from quorate.algorithms import logged
from quorate.algorithms.logged.reasons import REASONS, WARNINGS


def test_the_list_is_what_the_source_gives() -> None:
    emitted: set[str] = set()
    for file in Path(logged.__path__[0]).glob("*.py"):
        emitted |= reasons_in(file.read_text())
    assert emitted == REASONS
    assert WARNINGS < REASONS
