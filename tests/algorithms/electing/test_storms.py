"""What is drawn for storms fits together, and who should lead in the end is who takes over from all others."""

from random import Random

import msgspec

from quorate.algorithms.electing.config import ElectingConfig
from quorate.algorithms.electing.storms import GUARDED, draw_options, highest
from quorate.core.algorithm import Inspection
from quorate.core.ids import NodeId


def node(number: NodeId, freshness: int = 0) -> Inspection:
    return Inspection(number, "follower", 0, None, None, 0, 0, 0, 0, 0, 0, (), details={"freshness": freshness})


def test_settings_fit_and_most_are_guarded() -> None:
    drawn = [msgspec.convert(draw_options(Random(seed), 3), ElectingConfig) for seed in range(300)]
    assert abs(sum(config.guarded for config in drawn) / len(drawn) - GUARDED) < 0.1
    assert {config.rank for config in drawn} == {"id", "fresh"}


def test_the_highest_leads_if_it_may_take_over() -> None:
    nodes = [node(1, 7), node(3, 2), node(2, 7)]
    assert highest(ElectingConfig(), nodes) == 3
    assert highest(ElectingConfig(rank="fresh"), nodes) == 2
    assert highest(ElectingConfig(preempt=False), nodes) is None
    assert highest(ElectingConfig(rank="fresh", freshness_gap=5), nodes) is None
    assert highest(ElectingConfig(), []) is None
