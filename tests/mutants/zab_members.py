"""Bugs of changing ZAB's members, of handing its leadership over, and of its disks."""

from mutants.mutant import Absent, Edit, Mutant
from quorate.algorithms.logged import handing_over
from quorate.algorithms.logged import membership as changes
from quorate.algorithms.logged.keeper import LogKeeper
from quorate.algorithms.zab import broadcast, election, learner, members, roles, succession, synchronisation
from quorate.algorithms.zab.duties import ZabDuties
from quorate.algorithms.zab.quorums import Quorums
from quorate.algorithms.zab.state import ZabState

ZAB_MEMBERS = (
    Mutant(
        "zab_only_the_voters_after_decide",
        "While a change is under way, a quorum of the voters after it is enough.",
        "docs/zab.md, members: every decision needs both quorums",
        (
            Edit(Quorums.decides, "for voters in sets)", "for voters in list(sets)[:1])"),
            Edit(Quorums.reached, "return joint_value(sets, values)", "return joint_value(sets[:1], values)"),
        ),
        algorithm="zab",
    ),
    Mutant(
        "zab_only_the_voters_before_decide",
        "While a change is under way, a quorum of the voters before it is enough.",
        "docs/zab.md, members: every decision needs both quorums",
        (
            Edit(Quorums.decides, "for voters in sets)", "for voters in list(sets)[-1:])"),
            Edit(Quorums.reached, "return joint_value(sets, values)", "return joint_value(sets[-1:], values)"),
        ),
        algorithm="zab",
    ),
    Mutant(
        "zab_two_changes_in_flight",
        "A leader takes a change before the one under way is committed.",
        "docs/zab.md, members: one change at a time",
        (
            Edit(
                changes.why_not,
                '"change_under_way" if keeper.configuration.index > keeper.commit else ""',
                '""',
            ),
            Edit(changes.begin_change, "if not refusal and keeper.configuration.joint:", "if False:"),
        ),
        algorithm="zab",
    ),
    Mutant(
        "zab_configuration_not_rolled_back",
        "A configuration goes on acting after its entry was truncated.",
        "docs/zab.md, members: what was before a configuration acts again when its entry is cut",
        (
            Edit(
                LogKeeper.truncate_from,
                "    self._regroup(changed=self.group.truncate_from(index))\n",
                "",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "zab_removed_leader_counts_itself",
        "A leader that removes itself counts its own disk as that of a voter.",
        "docs/zab.md, members: who is not in a configuration counts for nothing in it",
        (
            Edit(
                broadcast.commit_and_tell,
                "zab.quorums.reached(zab.group.voter_sets, held)",
                "zab.quorums.reached([voters | {zab.me} for voters in zab.group.voter_sets], held)",
            ),
            Edit(ZabState.decides, "self.group.voter_sets", "[voters | {self.me} for voters in self.group.voter_sets]"),
        ),
        algorithm="zab",
    ),
    Mutant(
        "zab_leader_does_not_leave_joint",
        "A joint configuration is never left.",
        "docs/zab.md, members: the leader, or its successor, ends the change by itself",
        (Edit(changes.go_on, "configuration.joint and configuration.auto_leave", "False"),),
        liveness=True,
        algorithm="zab",
    ),
    Mutant(
        "zab_new_voter_shown_what_is_committed_only",
        "An observer that is to vote gets no entry before it is committed, and the change waits for its vote.",
        "docs/zab.md, members: who votes in the newest configuration is shown everything",
        (
            Edit(broadcast.propose_as_leader, "elif sid in zab.voters:", "elif False:"),
            Edit(synchronisation.send_history, "session.follower or sid in zab.voters", "session.follower"),
        ),
        liveness=True,
        algorithm="zab",
    ),
    Mutant(
        "zab_promoted_observer_stays_one",
        "An observer that has learnt that it votes goes on as an observer.",
        "docs/zab.md, members: with a vote a server calls again, as a follower",
        (Edit(members.go_on_with_members, "(zab.role is Role.FOLLOWING) != zab.votes", "False"),),
        liveness=True,
        algorithm="zab",
    ),
    Mutant(
        "zab_leader_believed_only_with_a_quorum",
        "A server whose log knows none of the present members waits for a quorum of those that it knows.",
        "docs/zab.md, members: it follows a leader at its word",
        (Edit(election._shows_the_way, "return message.config_version > known", "return message.config_version < 0"),),
        liveness=True,
        algorithm="zab",
    ),
    Mutant(
        "zab_new_voter_not_shown_its_history",
        "An observer that is promoted while it is brought in line is shown what is committed only, so not that it votes.",
        "docs/zab.md, members: who votes in the newest configuration is shown everything (found by a storm)",
        (Edit(synchronisation.send_history, "session.follower or sid in zab.voters", "session.follower"),),
        liveness=True,
        algorithm="zab",
    ),
    Mutant(
        "zab_read_waits_for_those_that_are_gone",
        "A read that awaits the answers of members that have gone meanwhile is not looked at again.",
        "docs/zab.md, reads: a quorum of the present voters (found by a storm)",
        (Edit(members.go_on_with_members, "            confirm_reads(zab)\n", ""),),
        liveness=True,
        algorithm="zab",
    ),
    Mutant(
        "zab_members_before_not_asked",
        "A server whose members may be taken back asks only those for a leader, and the one that leads is not among them.",
        "docs/zab.md, members: a leader at its word (found by a storm)",
        (Edit(roles.notify, "if zab.unsettled else zab.voters", "if False else zab.voters"),),
        liveness=True,
        algorithm="zab",
    ),
    Mutant(
        "zab_candidate_of_an_older_configuration_ignored",
        "A server that a change under way sends away, and that alone has what ends the change, does not count the votes that it gets.",
        "docs/zab.md, members: what was before a configuration may come to count again (found by a storm)",
        (Edit(election._counts, "return bool(message.vote.sid)", "return {sender, message.vote.sid} <= zab.voters"),),
        liveness=True,
        algorithm="zab",
    ),
    Mutant(
        "zab_successor_leads_without_promises",
        "A server that is named as the next leader takes the next epoch without asking anybody.",
        "docs/zab.md, handing over: discovery and synchronisation follow as ever",
        (
            Edit(
                succession.handle_hand_over,
                "        begin_leading(zab, zab.voters - {zab.me})\n",
                "        begin_leading(zab, zab.voters - {zab.me})\n"
                "        from quorate.algorithms.zab.leading import Phase\n"
                "        leading = zab.leading\n"
                "        leading.epoch = leading.candidate\n"
                "        zab.promise(leading.epoch)\n"
                "        leading.epoch_position = zab.take_over(leading.epoch)\n"
                "        zab.phase, zab.commit = Phase.BROADCAST, zab.log.last_index\n"
                "        leading.tick_at = zab.now + zab.config.heartbeat_ns\n"
                "        zab.apply_committed()\n"
                "        zab.announce_leader(zab.me, ready=True)\n",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "zab_transfer_never_ends",
        "A leader whose target does not catch up waits for it for ever, and takes no proposals.",
        "docs/zab.md, handing over: it ends after an election timeout",
        (Edit(handing_over.expire_transfer, "keeper.now >= keeper.transfer.deadline", "False"),),
        liveness=True,
        algorithm="zab",
    ),
    Mutant(
        "zab_leads_on_with_a_hung_disk",
        "A leader whose disk hangs notes it, and leads on.",
        "docs/zab.md, disks: it hands over and stops leading in the same step",
        (Edit(ZabDuties.give_up, "if zab.leading is None:", "if zab.leading is None or zab.disk.hung:"),),
        algorithm="zab",
    ),
    Mutant(
        "zab_elected_with_a_hung_disk",
        "A server whose disk hangs takes votes for itself.",
        "docs/zab.md, disks: nobody leads who cannot write",
        (Edit(ZabState.may_lead, "self.votes and not self.disk.hung", "self.votes"),),
        algorithm="zab",
    ),
    Mutant(
        "zab_entries_without_room_are_acknowledged",
        "A follower with a full disk says that it has the entries which it drops.",
        "docs/zab.md, disks: it answers for what it took",
        (
            Edit(
                learner._has_room,
                "Ack(learning.session or 0, zab.last, full=True)",
                "Ack(learning.session or 0, Zxid(entry.term, entry.index))",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "zab_room_not_told",
        "A follower that has room again does not say so, and gets nothing any more.",
        "docs/zab.md, disks: it asks for the rest",
        (Edit(learner.ask_for_the_rest, "if learning.full:", "if False:"),),
        liveness=True,
        algorithm="zab",
    ),
)

ABSENT_ZAB_MEMBERS = (
    Absent(
        "server decides at once when all voters that it knows agree, though others know more of them",
        "shows only as long as the same votes come in the same order round after round (a storm had it so once); "
        "tests/algorithms/zab/test_election.py asks for the wait, and for leaving one that votes for another.",
    ),
    Absent(
        "an observer's word counted as a promise",
        "shows only if it has promised a later epoch before, as a voter, and is promoted while its old session lasts: "
        "tests/scenarios/test_zab_members.py asks whether it calls again.",
    ),
    Absent(
        "proposals are taken while leadership is handed over",
        "costs time only: the target is told later or never; tests/scenarios/test_zab_transfer.py holds it to that.",
    ),
)
