"""One direction of a connection is a queue whose order no latency can change."""

from quorate.sim.connection import END, Connection, Stream


def test_arrivals_never_overtake() -> None:
    stream = Stream(horizon=100)
    assert stream.put(b"slow", 500) == 500
    assert stream.put(b"fast", 200) == 500
    assert stream.put(b"later", 600) == 600
    assert stream.bytes == 13
    assert [stream.take(), stream.take(), stream.take(), stream.take()] == [b"slow", b"fast", b"later", None]
    assert stream.bytes == 0


def test_nothing_arrives_before_the_connection_is_up() -> None:
    assert Stream(horizon=100).put(END, 10) == 100


def test_a_break_loses_both_directions() -> None:
    connection = Connection(1, 2, now=0)
    connection.toward[1].put(b"a", 5)
    connection.toward[2].put(b"b", 5)
    connection.lose_all()
    assert connection.broken
    assert connection.toward[1].take() is None
    assert connection.toward[2].take() is None
