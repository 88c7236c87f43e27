"""The list of reasons is exactly what the source emits."""

from pathlib import Path

from algorithms.raft.test_reasons import reasons_in
from quorate.algorithms import zab
from quorate.algorithms.logged import reasons as logged
from quorate.algorithms.zab.reasons import ALARMS, REASONS, WARNINGS
from quorate.algorithms.zab.zab import SPEC


def test_the_list_is_what_the_source_gives() -> None:
    emitted: set[str] = set()
    for file in Path(zab.__path__[0]).glob("*.py"):
        emitted |= reasons_in(file.read_text())
    assert emitted == REASONS - logged.REASONS
    assert SPEC.reasons == REASONS
    assert SPEC.alarms == ALARMS
    assert ALARMS < WARNINGS < REASONS
