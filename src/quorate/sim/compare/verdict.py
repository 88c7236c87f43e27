"""What became of a claim."""

from __future__ import annotations

from typing import Literal

import msgspec

Standing = Literal["confirmed", "corrected", "not yet"]


class Verdict(msgspec.Struct, frozen=True):
    """`claim`: as introductory texts put it. `evidence`: the figures, or what is needed to judge it."""

    about: str
    claim: str
    standing: Standing
    evidence: str

    def line(self) -> str:
        """For a terminal."""
        return f"{self.standing}: {self.about}: {self.claim} {self.evidence}"
