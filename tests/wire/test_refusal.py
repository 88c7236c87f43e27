from pathlib import Path

from quorate.core.errors import ProtocolError
from quorate.wire.refusal import MAX_DETAIL, Reason, RefusedError, printable


def test_error_is_typed_and_says_reason_and_detail():
    error = RefusedError(Reason.WRONG_CLUSTER, "node 2 is of cluster 'b'", sender=2)
    assert isinstance(error, ProtocolError)
    assert (error.reason, error.detail, error.sender) == ("wrong_cluster", "node 2 is of cluster 'b'", 2)
    assert str(error) == "wrong_cluster: node 2 is of cluster 'b'"


def test_reasons_are_their_own_names():
    assert all(reason.value == name.lower() for name, reason in Reason.__members__.items())


def test_every_reason_is_explained_to_operators():
    page = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
    assert [reason.value for reason in Reason if f"| `{reason.value}` |" not in page] == []


def test_printable_keeps_plain_text():
    assert printable("node 2: größe") == "node 2: größe"


def test_printable_cannot_forge_log_lines_or_colours():
    assert printable("a\nERROR b\x1b[31m\u2028") == "a\\nERROR b\\x1b[31m\\u2028"


def test_printable_cuts():
    assert printable("x" * 5000) == "x" * MAX_DETAIL + "..."
    assert printable("abcdef", 3) == "abc..."
