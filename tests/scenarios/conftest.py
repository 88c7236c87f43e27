"""Golden transcripts: what a scenario wrote before is what it writes now, or the difference is shown."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.transcript import Transcript

FOLDER = Path(__file__).parent


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, Transcript], None]:
    """Compare a transcript with tests/scenarios/<name>.txt; `pytest --rewrite` writes it anew, to be reviewed as a diff."""

    def compare(name: str, transcript: Transcript) -> None:
        file = FOLDER / f"{name}.txt"
        if request.config.getoption("--rewrite"):
            file.write_text(transcript.text())
        assert file.exists(), f"{file.name} is missing: run `pytest --rewrite` and read what it wrote"
        now, before = transcript.text().splitlines(), file.read_text().splitlines()
        assert now == before, f"{file.name} tells another story: if the new one is right, run `pytest --rewrite`"

    return compare
