"""Messages that the algorithms share."""

from algorithms.bully.words import heartbeat, resign
from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.electing.messages import Ask, AskReply, Heartbeat, HeartbeatAck, Resign, Takeover, Word


def test_all_carry_the_start_counter_of_their_sender() -> None:
    for kind in (Ask, AskReply, Heartbeat, HeartbeatAck, Resign, Takeover):
        assert issubclass(kind, Word)
        assert kind.__struct_fields__[0] == "boot"


def test_only_who_says_that_it_leads_claims() -> None:
    assert heartbeat(3, 4).claimed == Epoch(4, 3)
    assert resign(3, 4).claimed is None
