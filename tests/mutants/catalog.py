"""Every mutant there is, by concern."""

from __future__ import annotations

from mutants.commit import COMMIT
from mutants.disks import ABSENT_DISKS, DISKS
from mutants.driver import DRIVER
from mutants.elections import ABSENT_ELECTIONS, ELECTIONS
from mutants.leases import ABSENT_LEASES, LEASES
from mutants.log import LOG
from mutants.membership import ABSENT_MEMBERSHIP, MEMBERSHIP
from mutants.mutant import Absent, Mutant
from mutants.proposals import PROPOSALS
from mutants.reads import READS
from mutants.sessions import SESSIONS
from mutants.snapshots import SNAPSHOTS
from mutants.storage import STORAGE
from mutants.transfer import ABSENT_TRANSFER, TRANSFER
from mutants.votes import VOTES
from mutants.zab import ABSENT_ZAB, ZAB
from mutants.zab_members import ABSENT_ZAB_MEMBERS, ZAB_MEMBERS

MUTANTS: tuple[Mutant, ...] = (
    *VOTES,
    *LOG,
    *COMMIT,
    *READS,
    *PROPOSALS,
    *SESSIONS,
    *SNAPSHOTS,
    *STORAGE,
    *DRIVER,
    *DISKS,
    *TRANSFER,
    *MEMBERSHIP,
    *LEASES,
    *ZAB,
    *ZAB_MEMBERS,
    *ELECTIONS,
)

ABSENT: tuple[Absent, ...] = (
    *ABSENT_DISKS,
    *ABSENT_TRANSFER,
    *ABSENT_LEASES,
    *ABSENT_ZAB,
    *ABSENT_ZAB_MEMBERS,
    *ABSENT_MEMBERSHIP,
    *ABSENT_ELECTIONS,
    Absent(
        "candidate counts its own vote before it is durable",
        "changes nothing by itself: its requests wait behind the same write, so no vote can come in before its own is on disk; "
        "`campaign_before_the_own_vote_is_durable` lets them go as well.",
    ),
    Absent(
        "leader drops messages of a later term",
        "is the same as a cut towards it: a quorum that is silent for an election timeout ends its leadership; "
        "`leader_ignores_higher_term` handles them instead.",
    ),
    Absent(
        "match falls",
        "breaks nothing: the commit index does not fall with it, and what is sent again is known; "
        "`match_from_a_refusal` and `sent_counts_as_matched` let it rise.",
    ),
    Absent(
        "read index taken after the round",
        "is right, only later: it can but be larger; `read_joins_a_round_under_way` takes it before.",
    ),
    Absent(
        "held-back messages go out on a renewed link",
        "and those of an earlier connection are taken: Raft survives old messages by its rules, and every storm of datagrams sends it "
        "some; both belong to algorithms that need links.",
    ),
    Absent(
        "floor of a session not kept, or an older process's session let in again",
        "cannot show: a leader takes no forwarded batch out of order, and none of an older term, so a copy of what is settled never "
        "comes after it; the table is careful all the same. `session_expires_too_soon` forgets what does come again.",
    ),
    Absent(
        "refusal of a second copy told as final by the algorithm",
        "is made good by the driver, which remembers that there was a first one; `lost_sight_told_as_refused` and "
        "`uncertain_batch_told_as_not_applied` are the two that it would not see.",
    ),
    Absent(
        "read answered by a reply to the node's earlier process",
        "hardly shows: the old reply has to come again, in the same term, to the question that has the same number now, at the one "
        "moment after a restart in which the node is behind; tests/scenarios/test_reads.py asks it of the algorithm alone.",
    ),
    Absent(
        "checksum of a chunk of a snapshot not compared on arrival",
        "cannot show, as with entries; if a frame did carry another byte, the digest of the whole would find it before the install: "
        "tests/scenarios/test_snapshot_transfer.py flips a bit of every chunk.",
    ),
    Absent(
        "request for a snapshot forgotten while one is being built",
        "breaks nothing that a storm can see: the log is longer, until the next one; tests/runtime/test_snapshots.py asks the driver.",
    ),
    Absent(
        "checksum of an entry not compared on arrival",
        "cannot show: frames have a checksum of their own, and the simulated network alters none; "
        "`entry_checksum_not_checked` is the same on the disk.",
    ),
)
"""Printed below the table, so that nobody looks for them in vain."""


def find(name: str) -> Mutant:
    """The mutant of that name; KeyError without one."""
    return BY_NAME[name]


BY_NAME = {mutant.name: mutant for mutant in MUTANTS}
