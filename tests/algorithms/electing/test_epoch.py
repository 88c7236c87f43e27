"""Epochs and tokens."""

from itertools import pairwise

import pytest

from quorate.algorithms.electing.epoch import HIGHEST_NODE, NEVER, Epoch, check_node, epoch_of, token
from quorate.core.errors import ConfigError


def test_counters_come_before_nodes() -> None:
    assert NEVER < Epoch(1, 9) < Epoch(2, 1) < Epoch(2, 3)


def test_a_token_keeps_the_order_and_can_be_read_back() -> None:
    epochs = sorted(Epoch(counter, node) for counter in (0, 1, 2, 999, 1 << 33) for node in (1, 2, HIGHEST_NODE))
    assert all(token(before) < token(after) for before, after in pairwise(epochs))
    assert [epoch_of(token(epoch)) for epoch in epochs] == epochs


def test_a_token_is_exact_in_json() -> None:
    assert token(Epoch((1 << 33) - 1, HIGHEST_NODE)) == 2**53 - 1


def test_an_id_that_does_not_fit_is_refused() -> None:
    check_node(HIGHEST_NODE)
    for node in (0, HIGHEST_NODE + 1):
        with pytest.raises(ConfigError, match="choose one from 1 to 1048575"):
            check_node(node)
