"""What a Bully node knows beyond the shared record."""

from algorithms.bully.words import ElectionId, bully


def test_every_election_has_a_name_of_its_own_over_restarts_too() -> None:
    one = bully(2, boot=4)
    assert one.state.eid == ElectionId(2, 4, 1)
    one.state.next_election()
    assert one.state.eid == ElectionId(2, 4, 2)
