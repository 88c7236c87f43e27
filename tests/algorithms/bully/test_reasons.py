"""Bully explains itself only with reasons that it has declared."""

import re
from pathlib import Path

import quorate.algorithms.bully
import quorate.algorithms.electing
from quorate.algorithms.bully.reasons import REASONS


def test_every_reason_in_the_code_is_declared_and_every_declared_one_is_given() -> None:
    given: set[str] = set()
    for package in (quorate.algorithms.bully, quorate.algorithms.electing):
        for file in Path(str(package.__file__)).parent.glob("*.py"):
            given |= set(re.findall(r'\.explain\(\s*"(\w+)"', file.read_text()))
    assert given == REASONS
