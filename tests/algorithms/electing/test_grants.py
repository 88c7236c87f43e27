"""What an election by grants looks like from outside."""

from quorate.algorithms.electing.config import ElectingConfig
from quorate.algorithms.electing.epoch import Epoch, token
from quorate.algorithms.electing.grants import counter_of, grants_of, is_guarded, promised_by
from quorate.algorithms.electing.promise import Promise
from quorate.core.durable import HardState
from quorate.core.message import Message


def test_a_token_has_the_counter_in_it_and_a_disk_the_token() -> None:
    assert counter_of(token(Epoch(7, 3))) == 7
    assert promised_by(Promise(Epoch(7, 3))) == token(Epoch(7, 3))
    assert promised_by(HardState()) == 0


def test_the_settings_say_whether_a_majority_is_needed() -> None:
    assert is_guarded(ElectingConfig())
    assert not is_guarded(ElectingConfig(guard="none"))


def test_messages_are_the_algorithms_own() -> None:
    grants = grants_of(lambda sender, to, _message: (sender, to))
    assert grants.granted(4, 5, Message()) == (4, 5)
