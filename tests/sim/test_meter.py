"""Messages counted by link and kind."""

from __future__ import annotations

from quorate.algorithms.catalog import find
from quorate.sim.meter import Meter, kinds_of
from sim.toy import CODEC, Ping, Pong, connected_pair


def test_it_counts_what_is_sent_after_a_mark() -> None:
    meter = Meter()
    meter.sent(1, 2, Ping(1), 10)
    mark = meter.mark()
    assert meter.since(mark).messages == 0
    meter.sent(1, 2, Ping(2), 11)
    meter.sent(1, 3, Ping(3), 12)
    meter.sent(3, 1, Pong(3), 13)
    traffic = meter.since(mark)
    assert (traffic.messages, traffic.size) == (3, 36)
    assert traffic.kinds() == {"Ping": 2, "Pong": 1}
    assert meter.since({}).messages == 4


def test_what_some_say_to_each_other() -> None:
    meter = Meter()
    for source, target in ((1, 2), (2, 3), (3, 2), (3, 1)):
        meter.sent(source, target, Ping(1), 10)
    assert meter.since({}).among([2, 3]).messages == 2
    assert meter.since({}).among([1]).messages == 0


def test_a_network_tells_it_of_every_message_that_goes_out() -> None:
    bench, left, right = connected_pair()
    bench.network.meter = meter = Meter()
    left.world.send(2, Ping(7))
    left.world.send(3, Ping(8))  # nobody is there
    bench.run(10)
    traffic = meter.since({})
    assert traffic.kinds() == {"Ping": 1, "Pong": 1}
    assert traffic.messages == bench.network.counters.sent
    assert traffic.size == len(CODEC.encode(Ping(7))) + len(CODEC.encode(Pong(7)))
    right.world.crash(silent=False, reset=False)
    right.world.send(1, Ping(9))
    assert meter.since({}).messages == 2


def test_messages_of_some_kinds_to_some_nodes() -> None:
    meter = Meter()
    for target, message in ((2, Ping(1)), (3, Ping(1)), (3, Pong(1))):
        meter.sent(1, target, message, 10)
    traffic = meter.since({})
    assert traffic.of(["Ping"], [2, 3]) == 2
    assert traffic.of(["Ping", "Pong"], [3]) == 2
    assert traffic.of(["Pong"], [2]) == 0


def test_an_envelope_counts_as_what_is_inside() -> None:
    kinds = kinds_of(find("ring").messages)
    assert {"Election", "Elected", "HopAck", "Heartbeat"} <= set(kinds)
    assert "Ring" not in kinds
    assert len(set(kinds)) == len(kinds)
    assert kinds_of(Ping) == ("Ping",)
