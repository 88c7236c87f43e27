"""Who belongs to the group, as plain data."""

from __future__ import annotations

import msgspec
import pytest

from quorate.core.configuration import (
    Configuration,
    Member,
    decode_configuration,
    encode_configuration,
    first_configuration,
)

JOINT = Configuration(
    9, tuple([Member(node, f"h:{node}") for node in (1, 2, 3, 4, 5)]), voters=(1, 4), outgoing=(1, 2, 3), demoted=(3,)
)


def test_a_group_begins_with_everybody_voting_in_order() -> None:
    first = first_configuration({3: "h:3", 1: "h:1"})
    assert first == Configuration(0, (Member(1, "h:1"), Member(3, "h:3")), voters=(1, 3))
    assert first_configuration({}) == Configuration()


def test_roles() -> None:
    assert {node: JOINT.role(node) for node in (1, 2, 3, 4, 5, 6)} == {
        1: "voter",
        2: "leaving",
        3: "leaving",
        4: "voter",
        5: "learner",
        6: "stranger",
    }
    assert JOINT.joint
    assert JOINT.ids == (1, 2, 3, 4, 5)
    assert JOINT.learners == (5,), "who is to be demoted votes until then"
    assert JOINT.member(4) == Member(4, "h:4")
    assert JOINT.member(6) is None


def test_an_entry_holds_all_of_it() -> None:
    member = Member(7, "h:7", disk=2**63, joined_at=5, priority=-1, wants_vote=True, replaces=2)
    for configuration in (JOINT, Configuration(3, (member,), (7,), auto_leave=False), Configuration()):
        data, crc = encode_configuration(configuration)
        assert decode_configuration(data) == configuration
        assert encode_configuration(configuration) == (data, crc)


def test_what_is_no_configuration_is_refused() -> None:
    for data in (b"", b"\x00", encode_configuration(JOINT)[0][:-1]):
        with pytest.raises(msgspec.DecodeError):
            decode_configuration(data)
