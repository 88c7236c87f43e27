"""What became of a claim."""

from quorate.sim.compare.verdict import Verdict


def test_it_reads_as_a_line() -> None:
    verdict = Verdict("raft", "It is stable.", "confirmed", "One leader in a minute.")
    assert verdict.line() == "confirmed: raft: It is stable. One leader in a minute."
