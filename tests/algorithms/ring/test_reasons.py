"""Reasons are those that the code gives."""

import re
from pathlib import Path

from quorate.algorithms.electing.reasons import REASONS as SHARED
from quorate.algorithms.ring import SPEC, hops
from quorate.algorithms.ring.reasons import REASONS, WARNINGS


def test_every_reason_is_given_somewhere() -> None:
    text = "".join(
        path.read_text() for path in sorted(Path(hops.__file__).parent.glob("*.py")) if path.stem != "reasons"
    )
    given = set(re.findall(r'explain\("(\w+)"', text))
    assert given | SHARED == REASONS


def test_warnings_are_reasons_and_nothing_is_an_alarm() -> None:
    assert WARNINGS <= REASONS
    assert (SPEC.reasons, SPEC.warnings, SPEC.alarms) == (REASONS, WARNINGS, frozenset())
