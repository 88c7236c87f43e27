"""Bugs of ZAB, most of them ZooKeeper's own: docs/zab.md says what is done about each."""

from mutants.mutant import Absent, Edit, Mutant
from quorate.algorithms.zab import (
    broadcast,
    discovery,
    learner,
    learning,
    reads,
    roles,
    snapshots,
    synchronisation,
    taking_over,
)

_ACK = "    zab.send(learning.leader, AckNewLeader(learning.session or 0, message.epoch))"

ZAB = (
    Mutant(
        "ack_before_disk",
        "The answer to NEWLEADER leaves before the history is on the disk.",
        "ZOOKEEPER-3911, 3023, 4646, 4685, 4785; docs/zab.md, what is durable before what",
        (
            Edit(
                taking_over.handle_new_leader,
                _ACK,
                "    from quorate.core.effects import Send\n"
                "    ack = AckNewLeader(learning.session or 0, message.epoch)\n"
                "    zab.out.append(Send(learning.leader, ack, at_once=True))",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "zab_entry_acknowledged_before_disk",
        "A follower acknowledges an entry before it is on the disk.",
        "docs/zab.md, what is durable before what: the entry and all before it",
        (
            Edit(
                learner.handle_propose,
                "        zab.send(learning.leader, Ack(learning.session or 0, Zxid(entry.term, entry.index)))",
                "        from quorate.core.effects import Send\n"
                "        ack = Ack(learning.session or 0, Zxid(entry.term, entry.index))\n"
                "        zab.out.append(Send(learning.leader, ack, at_once=True))",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "zab_leader_counts_itself_before_disk",
        "A leader counts itself with what its disk has not written yet.",
        "docs/zab.md: the leader counts itself only after its own write",
        (Edit(broadcast.commit_and_tell, "held[zab.me] = zab.durable", "held[zab.me] = zab.log.last_index"),),
        algorithm="zab",
    ),
    Mutant(
        "retained_memory",
        "What synchronisation brings goes into the log in memory at once, and stays there when the leader is lost.",
        "ZOOKEEPER-2845, 3642, 5094; docs/zab.md, F12: the log is what was handed to the disk",
        (
            Edit(
                learner.handle_propose,
                "            _leave_for_a_gap(zab, learning, entry)\n",
                "            _leave_for_a_gap(zab, learning, entry)\n"
                "        elif entry.index == zab.log.last_index + 1:\n"
                "            zab.append((entry,))\n",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "same_epoch_twice",
        "Followers promise an epoch again that they have promised before, to another.",
        "ZOOKEEPER-1343; docs/zab.md, F3: each epoch is promised once",
        (
            Edit(discovery.handle_leader_info, "current = NO_ACK", "current = zab.current_epoch"),
            Edit(discovery.handle_info, "message.accepted_epoch + 1)", "message.accepted_epoch)"),
            Edit(discovery.begin_leading, "Leading(zab.accepted_epoch + 1", "Leading(max(1, zab.accepted_epoch)"),
            Edit(
                discovery._choose_epoch,
                "    zab.promise(leading.epoch)",
                "    zab.accepted_epoch < leading.epoch and zab.promise(leading.epoch)",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "missed_proposal",
        "A learner is sent nothing new between NEWLEADER and its answer.",
        "docs/zab.md, L5: from NEWLEADER on the session gets everything; the paper's Q, loosely read",
        (Edit(broadcast.propose_as_leader, "not session.streams", "session.stage is not Stage.ACTIVE"),),
        algorithm="zab",
    ),
    Mutant(
        "stale_uptodate",
        "UPTODATE says that all of the leader's log is committed.",
        "docs/zab.md: UpToDate carries what is committed (COMMIT-LD)",
        (Edit(broadcast.send_up_to_date, "committed(zab)", "zab.last"),),
        algorithm="zab",
    ),
    Mutant(
        "established_by_promises",
        "A leader serves once a quorum has promised its epoch, before any has taken its history over.",
        "docs/zab.md, L7 and L8: a quorum of answers to NEWLEADER",
        (
            Edit(
                broadcast.try_to_establish, "zab.decides(taken | {zab.me})", "zab.decides(leading.promised | {zab.me})"
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "zab_read_without_a_quorum",
        "A leader answers a read without asking whether it still leads.",
        "docs/zab.md, reads",
        (
            Edit(
                reads.confirm_reads,
                "answered_round(zab, leading) >= leading.read_rounds[0].round",
                "answered_round(zab, leading) >= 0",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "cut_too_deep",
        "A learner that cannot be matched is cut at what the leader's snapshot covers, whatever it knows to be committed.",
        "docs/zab.md, F5: never below what is committed",
        (
            Edit(
                synchronisation.place_to_begin,
                "epoch = log.term_at(committed)",
                "committed = log.start.index\n    epoch = log.start.term",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "lost_trunc",
        "What the leader cuts goes from the log in memory at once, and from the disk with the rest; it stays away when the leader is lost.",
        "ZOOKEEPER-5094; docs/zab.md, F12: the log is what was handed to the disk",
        (
            Edit(
                taking_over.handle_trunc,
                "    begin_staging(zab, learning, zxid.index)",
                "    if zxid.index < zab.log.last_index:\n"
                "        zab.truncate_from(zxid.index + 1)\n"
                "    begin_staging(zab, learning, zxid.index)",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "lost_snapshot",
        "A snapshot replaces the log in memory, and on the disk with what comes after it.",
        "ZOOKEEPER-3642; docs/zab.md, F12: the log is what was handed to the disk",
        (Edit(snapshots._install, "    zab.persist(reset=point)\n", ""),),
        algorithm="zab",
    ),
    Mutant(
        "epoch_memory_first",
        "A leader proposes an epoch that it has only in memory.",
        "ZOOKEEPER-2307; docs/zab.md, what is durable before what: the leader's own promise",
        (
            Edit(
                discovery._choose_epoch,
                "        zab.send(sid, LeaderInfo(session.number, leading.epoch, session.unaware))",
                "        from quorate.core.effects import Send\n"
                "        info = LeaderInfo(session.number, leading.epoch, session.unaware)\n"
                "        zab.out.append(Send(sid, info, at_once=True))",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "zab_promise_before_disk",
        "A follower promises an epoch before that is on its disk.",
        "docs/zab.md, what is durable before what: an AckEpoch that counts",
        (
            Edit(
                discovery.handle_leader_info,
                "    zab.send(\n"
                "        learning.leader, AckEpoch(learning.session or 0, current, last, zab.commit, want_snapshot=zab.want_snapshot)\n"
                "    )",
                "    from quorate.core.effects import Send\n"
                "    ack = AckEpoch(learning.session or 0, current, last, zab.commit, want_snapshot=zab.want_snapshot)\n"
                "    zab.out.append(Send(learning.leader, ack, at_once=True))",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "commit_after_ack",
        "A learner does not expect a commit before it is told that the epoch is established, and dies of it.",
        "ZOOKEEPER-4394; docs/zab.md, F9: legal, and it waits",
        (
            Edit(
                learner.handle_commit,
                "    learning.told = max",
                "    from quorate.core.errors import InvariantError\n"
                "    if not learning.serves:\n"
                "        raise InvariantError('a commit of what was never proposed')\n"
                "    learning.told = max",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "writer_outlives_session",
        "A vote names entries that are still being written.",
        "ZOOKEEPER-4712; docs/zab.md, what is durable before what: a Notification that names an entry",
        (
            Edit(
                roles.notify_one,
                "    zab.send(peer, Notification(zab.role.value, zab.round, zab.vote, zab.configuration.index, reply))",
                "    from quorate.core.effects import Send\n"
                "    vote = Notification(zab.role.value, zab.round, zab.vote, zab.configuration.index, reply)\n"
                "    zab.out.append(Send(peer, vote, at_once=True))",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "hole_in_window",
        "A leader leaves out the first entry that a learner lacks, and learners take what they are sent.",
        "ZOOKEEPER-4925, 2418; docs/zab.md, F7: without a gap",
        (
            Edit(
                synchronisation.synchronise,
                "    session.sent_to = zxid.index\n",
                "    session.sent_to = min(zxid.index + 1, zab.log.last_index)\n",
            ),
            Edit(learning.Staged.take, "entry.index != last.index + 1 or ", ""),
        ),
        algorithm="zab",
    ),
    Mutant(
        "unpromised_epoch",
        "A leader takes a quorum that called for one that has promised.",
        "ZOOKEEPER-1192; docs/zab.md, L4",
        (
            Edit(
                discovery._count_promises,
                "zab.decides(leading.promised | {zab.me})",
                "zab.decides(leading.connected | {zab.me})",
            ),
        ),
        algorithm="zab",
    ),
    Mutant(
        "ack_outlives_log",
        "Learners are matched with what is committed, and what they acknowledged before counts all the same.",
        "docs/zab.md, L13 and S2: it ends with the session, and nothing of it is cut",
        (
            Edit(
                discovery.handle_info,
                "    leading.drop(sender)\n",
                "    old = leading.drop(sender)\n",
            ),
            Edit(
                discovery.handle_info,
                "    leading.sessions[sender] = session\n",
                "    leading.sessions[sender] = session\n"
                "    session.acked_to = session.sent_to = old.acked_to if old is not None else 0\n",
            ),
            Edit(
                synchronisation.synchronise,
                "    if place is None:\n",
                "    if place is not None and session.last.index > zab.commit:\n"
                "        place = Trunc, Zxid(zab.log.term_at(zab.commit) or 0, zab.commit)\n"
                "    if place is None:\n",
            ),
            Edit(
                broadcast.commit_and_tell,
                "if session.follower and session.stage is Stage.ACTIVE",
                "if session.follower",
            ),
        ),
        algorithm="zab",
    ),
)

ABSENT_ZAB = (
    Absent(
        "what a write held back goes out on a link that was renewed meanwhile",
        "hardly shows: all that ZAB says after an election names its session, and a late one is dropped by whoever gets it; 1,060 storms "
        "had none; tests/runtime/test_barrier.py asks the driver.",
    ),
    Absent(
        "an elected leader that goes on though a follower is ahead of it",
        "shows in few storms of a thousand: who is ahead leaves again, and the next election finds it; "
        "tests/scenarios/test_zab_conversations.py asks it of the algorithm alone.",
    ),
    Absent(
        "a voter that has promised more than the leader's epoch is offered that epoch for ever",
        "needs a candidate that promised itself an epoch which nobody else heard of, and nothing after it that unseats the leader; "
        "tests/scenarios/test_zab_conversations.py makes one, and tests/mutants/rules_zab.py breaks the rule.",
    ),
    Absent(
        "a dead leader elected from each other's memory (ZOOKEEPER-1514)",
        "lasts no longer than it takes to find that it has no connection; tests/scenarios/test_zab_election.py asks the rule itself, and "
        "tests/mutants/rules_zab.py breaks it.",
    ),
    Absent(
        "votes of those that have decided compared in all they name (ZOOKEEPER-1732)",
        "shows only where they decided in different rounds, and as slowness: who joins takes over the vote of the others; "
        "tests/scenarios/test_zab_election.py compares such votes, and tests/mutants/rules_zab.py breaks the rule.",
    ),
    Absent(
        "a leader that waits for a voter which has changed its mind (ZOOKEEPER-3109)",
        "costs no more than the time in which any leader without an epoch gives up; tests/scenarios/test_zab_election.py has one wait, "
        "and tests/mutants/rules_zab.py breaks the rule.",
    ),
    Absent(
        "current epoch written before the history (ZOOKEEPER-4643), and a start refused between the two (ZOOKEEPER-2354)",
        "both travel in one write, which a crash keeps or loses whole, unless it is large; tests/scenarios/test_zab_crashes.py looks at "
        "each point between them, and tests/mutants/rules_zab.py breaks both rules.",
    ),
    Absent(
        "a counter that overflows into the epoch (ZOOKEEPER-1277)",
        "cannot happen: an entry's epoch and place are two numbers; the setting last_counter only keeps zxids as ZooKeeper knows them.",
    ),
)
