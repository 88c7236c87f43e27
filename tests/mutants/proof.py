"""What shows that a test sees a rule broken."""

from __future__ import annotations

from typing import Any

import msgspec

from mutants.mutant import Edit, Mutant


class Proof(msgspec.Struct, frozen=True):
    """While `mutant` lives, `test` fails; it is named as module:function, and called with `words`."""

    rule: str
    test: str
    mutant: Mutant
    words: dict[str, Any] = {}


def silent(_name: str, _transcript: object) -> None:
    """In place of the fixture that compares transcripts: the test's own asserts must do."""


GOLDEN = {"golden": silent}


def broken(rule: str, meaning: str, *edits: Edit) -> Mutant:
    """A rule broken for its test alone."""
    return Mutant(f"{rule}_broken", meaning, f"docs/raft-rules.md, {rule}", edits)
