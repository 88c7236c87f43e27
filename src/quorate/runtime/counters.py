"""What happened since the start, counted."""

import msgspec


class Counters(msgspec.Struct):
    """By name, for metrics. `outcomes`: how many callers were told what."""

    steps: int = 0
    writes: int = 0
    persists: int = 0
    entries_applied: int = 0
    outcomes: dict[str, int] = {}

    def count(self, outcome: str, callers: int) -> None:
        """So many more callers were told this."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + callers
