"""Seeds whose storms once broke something, kept so that it stays mended.

A seed means what the drawing of plans makes of it: where that changes, the tests of the mended part itself are what remains.
"""

import pytest

from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.run import run_plan


@pytest.mark.parametrize(
    "seed",
    [
        8010,  # a caller was told "not applied" of a batch that was proposed again for another caller
        20593,  # the same
        400336,  # a start that was cut off while it erased a torn tail left what looked like damage
        401824,  # a snapshot that was all there but not published was asked for without end
    ],
)
def test_what_a_storm_once_broke_holds(seed: int) -> None:
    """See the comments beside the seeds."""
    assert run_plan(draw_plan(seed)).failure == ""
