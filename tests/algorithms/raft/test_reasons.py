"""The list of reasons is exactly what the source emits."""

import ast
from pathlib import Path

from quorate.algorithms import raft
from quorate.algorithms.logged import reasons as logged
from quorate.algorithms.raft.raft import SPEC
from quorate.algorithms.raft.reasons import ALARMS, REASONS


def reasons_in(source: str) -> set[str]:
    """What is given to `explain(...)` or `Explain(...)` as a literal."""
    found: set[str] = set()
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and call.args:
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            first = call.args[0]
            if name in ("explain", "Explain") and isinstance(first, ast.Constant):
                found.add(first.value)
    return found


def test_the_list_is_what_the_source_gives() -> None:
    emitted: set[str] = set()
    for file in Path(raft.__path__[0]).glob("*.py"):
        emitted |= reasons_in(file.read_text())
    assert emitted == REASONS - logged.REASONS
    assert SPEC.reasons == REASONS
    assert ALARMS == SPEC.alarms < REASONS


def test_the_finder_finds() -> None:
    assert reasons_in('raft.explain("a", x=1)\nout.append(Explain("b"))\nexplain(reason)') == {"a", "b"}
