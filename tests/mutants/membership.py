"""Bugs of changing the members."""

from mutants.mutant import Absent, Edit, Mutant
from quorate.algorithms.logged import membership as changes
from quorate.algorithms.logged import quorum
from quorate.algorithms.logged.group import Group
from quorate.algorithms.raft import commit, election, membership
from quorate.algorithms.raft.duties import RaftDuties
from quorate.algorithms.raft.state import RaftState
from quorate.core import reconfigure
from quorate.runtime.snapshots import Snapshots
from quorate.runtime.turns import Turns

_AT_COMMIT = "[frozenset(half) for half in (settled.voters, settled.outgoing) if half]"

MEMBERSHIP = (
    Mutant(
        "configuration_acts_at_commit",
        "A node counts majorities by the newest configuration that it knows to be committed.",
        "Raft, section 6: a server always uses the latest configuration in its log, whether it is committed or not",
        (
            Edit(
                RaftState.voter_sets,
                "    return self.group.voter_sets\n",
                f"    settled = self.group.settled(self.commit)\n    return tuple({_AT_COMMIT})\n",
            ),
            Edit(
                RaftState.voters,
                "    return self.group.voters\n",
                f"    settled = self.group.settled(self.commit)\n    return frozenset().union(*{_AT_COMMIT})\n",
            ),
        ),
    ),
    Mutant(
        "leaving_voter_does_not_campaign",
        "A voter that a change under way sends away campaigns no more, though it alone may have what ends the change.",
        "Raft dissertation, 4.2.2: who is not part of its own latest configuration still starts elections (found by a storm)",
        (
            Edit(
                Group.may_need,
                "node in configuration.voters or node in configuration.outgoing",
                "node in configuration.voters and configuration == self.settled(commit)",
            ),
        ),
        liveness=True,
    ),
    Mutant(
        "snapshot_before_the_group_is_known",
        "A node that joins takes a snapshot before it has applied the entry that says who belongs to the group.",
        "Raft, section 7: a snapshot includes the latest configuration as of the last included index (found by a storm)",
        (
            Edit(
                Snapshots._complete,
                "self._replica.applied if self.configuration.voters else 0",
                "self._replica.applied",
            ),
        ),
    ),
    Mutant(
        "two_changes_in_flight",
        "A leader takes a change before the one under way is committed.",
        "Raft dissertation, 4.1: the leader must not add another configuration entry until the one before is committed",
        (
            Edit(
                changes.why_not,
                '"change_under_way" if keeper.configuration.index > keeper.commit else ""',
                '""',
            ),
            Edit(changes.begin_change, "if not refusal and keeper.configuration.joint:", "if False:"),
        ),
    ),
    Mutant(
        "several_voters_in_one_step",
        "However many voters come and go, the change is made without a joint configuration.",
        "Raft, section 6: switching directly from one configuration to another is unsafe, for two majorities may not meet",
        (Edit(reconfigure.reconfigure, "len(voters ^ before) <= 1", "True"),),
    ),
    Mutant(
        "only_the_voters_after_decide",
        "While a change is under way, a majority of the voters after it is enough.",
        "Raft, section 6: agreement requires separate majorities from both the old and the new configurations",
        (
            Edit(quorum.joint_tally, "for voters in sets]", "for voters in list(sets)[:1]]"),
            Edit(quorum.joint_value, "for voters in sets]", "for voters in list(sets)[:1]]"),
        ),
    ),
    Mutant(
        "only_the_voters_before_decide",
        "While a change is under way, a majority of the voters before it is enough.",
        "Raft, section 6: agreement requires separate majorities from both the old and the new configurations",
        (
            Edit(quorum.joint_tally, "for voters in sets]", "for voters in list(sets)[-1:]]"),
            Edit(quorum.joint_value, "for voters in sets]", "for voters in list(sets)[-1:]]"),
        ),
    ),
    Mutant(
        "configuration_not_rolled_back",
        "A configuration goes on acting after its entry was truncated.",
        "Raft dissertation, 4.1: a server must be prepared to fall back to the previous configuration in its log",
        (
            Edit(
                RaftState.truncate_from,
                "    self._regroup(changed=self.group.truncate_from(index))\n",
                "",
            ),
        ),
    ),
    Mutant(
        "change_before_a_commit_of_the_own_term",
        "A leader takes a change before it has committed an entry of its term.",
        "Ongaro, raft-dev 2015, on the bug in single-server changes (Raft dissertation, 4.1): not before a commit of the own term",
        (
            Edit(RaftDuties.obstacle, "raft.commit < raft.noop_index", "False"),
            Edit(membership.go_on_with_members, "raft.commit < raft.noop_index", "False"),
            Edit(
                changes.why_not,
                "keeper.configuration.index > keeper.commit",
                "keeper.change is not None and keeper.configuration.index > keeper.commit",
            ),
        ),
    ),
    Mutant(
        "removed_leader_counts_itself",
        "A leader that removes itself counts its own disk as that of a voter.",
        "Raft, section 6: the leader manages a cluster that does not include itself; it replicates, but does not count itself",
        (
            Edit(
                commit.advance_commit,
                "index = joint_value(raft.voter_sets, held)",
                "index = joint_value([voters | {raft.me} for voters in raft.voter_sets], held)",
            ),
        ),
    ),
    Mutant(
        "learner_counted",
        "What is on the disk of a learner counts as if a voter had it.",
        "Raft dissertation, 4.2.1: non-voting members are not counted toward majorities",
        (
            Edit(
                commit.advance_commit,
                "index = joint_value(raft.voter_sets, held)",
                "from quorate.algorithms.logged.quorum import quorum_size\n"
                "    index = min([sorted(held.values())[-min(quorum_size(v), len(held))] for v in raft.voter_sets])",
            ),
        ),
    ),
    Mutant(
        "learner_votes_for_itself",
        "A candidate that is no voter counts its own vote, and any other that it gets.",
        "Raft dissertation, 4.2.1: non-voting members do not count toward majorities",
        (
            Edit(RaftState.may_campaign, "self.me in self.voters or", "True or"),
            Edit(
                election.decide, "joint_tally(raft.voter_sets,", "joint_tally([v | {raft.me} for v in raft.voter_sets],"
            ),
        ),
    ),
    Mutant(
        "leader_does_not_leave_joint",
        "A joint configuration is never left.",
        "Raft, section 6: once the joint configuration is committed, the leader creates the entry of the new one; docs/raft-rules.md, R27",
        (Edit(changes.go_on, "configuration.joint and configuration.auto_leave", "False"),),
        liveness=True,
    ),
    Mutant(
        "snapshot_carries_the_newest_configuration",
        "A snapshot holds the newest configuration in the log, and not the one that was applied last.",
        "Raft, section 7: a snapshot includes the latest configuration in the log as of its last included index",
        (
            Edit(
                Turns._regroup,
                "    self._removed = change.removed\n",
                "    self._removed = change.removed\n    self._snapshots.configuration = change.configuration\n",
            ),
        ),
    ),
    Mutant(
        "configuration_of_a_loaded_snapshot_forgotten",
        "The next snapshot of a node that has loaded one holds the configuration from before.",
        "Raft, section 7: a snapshot includes the latest configuration as of its last included index, after repeated compaction too",
        (Edit(Snapshots._loaded, "    self.configuration = meta.group\n", ""),),
    ),
)

ABSENT_MEMBERSHIP = (
    Absent(
        "answer to an earlier membership counts for the new one",
        "shows only if the member has come again with nothing, and no storm empties a disk: what it had confirmed is still there; "
        "tests/scenarios/test_membership.py hears such an answer, and tests/mutants/rules_members.py breaks the rule (R29).",
    ),
    Absent(
        "tally of a campaign by the voters there were when it began",
        "hardly shows: a candidate takes a new configuration only from a leader, and then it is none any more; "
        "tests/scenarios/test_removal.py counts for one whose configuration has changed (R31).",
    ),
    Absent(
        "learner, or who is no voter by its own log, refuses to vote",
        "breaks no rule of safety, and other voters elect; tests/scenarios/test_membership.py asks one (R26).",
    ),
    Absent(
        "removed leader goes on leading",
        "is turned out by the next election, and counts for nothing until then; tests/scenarios/test_removal.py sees it go (R30); "
        "`removed_leader_counts_itself` lets it decide.",
    ),
)
