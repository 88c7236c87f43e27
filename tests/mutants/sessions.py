"""Bugs in what is remembered of clients that move between nodes: their requests are to be applied once, and answered alike."""

from mutants.mutant import Edit, Mutant
from quorate.machines.client_sessions import ClientSessions
from quorate.machines.sessions import SessionedMachine
from quorate.runtime.driver import Driver

SESSIONS = (
    Mutant(
        "keys_forgotten_on_snapshot",
        "A snapshot leaves out the sessions of clients.",
        "Raft dissertation, 6.3: the session table is part of the replicated state, so of each snapshot",
        (
            Edit(
                SessionedMachine.snapshot, "clients = self._clients.capture()", "clients = self._clients.capture()[:0]"
            ),
        ),
    ),
    Mutant(
        "keys_expire_by_the_local_clock",
        "Each node forgets the sessions of clients when its own clock says so.",
        "Raft dissertation, 6.3: servers must agree on when to expire a session, so expiry follows what is in the log",
        (
            Edit(
                Driver._apply_entries,
                "applied = replica.apply(entry)",
                "replica._clients.expire(replica._table.time_ms + self._world.now() // 1_000_000 % 40_000)\n"
                "        applied = replica.apply(entry)",
            ),
        ),
    ),
    Mutant(
        "second_copy_of_a_request_runs_again",
        "A request that comes again under its key is run again.",
        "Raft dissertation, 6.3: a request whose serial number was executed is answered without executing it again",
        (Edit(ClientSessions.find, "answered = session.answers.get(key.sequence)", "answered = None"),),
    ),
    Mutant(
        "result_of_another_key",
        "A request is recognized by its number alone, whichever client's session it is of.",
        "Raft dissertation, 6.3: serial numbers are a client's own; docs/raft-rules.md, R38",
        (
            Edit(
                ClientSessions.find,
                "answered = session.answers.get(key.sequence)",
                "answers = [kept.answers[key.sequence] for kept in self._sessions.values() if key.sequence in kept.answers]\n"
                "    answered = answers[0] if answers else None",
            ),
            Edit(ClientSessions.find, "if answered.digest == digest else KeyRefused(KEY_REUSED)", ""),
        ),
    ),
    Mutant(
        "expired_session_runs",
        "A request of a session that is not known any more is run in a new one.",
        "Raft dissertation, 6.3: a client whose session has expired is refused, because its request may have been executed before",
        (
            Edit(
                ClientSessions.find,
                "return KeyRefused(SESSION_EXPIRED)\n    self",
                "session = self._sessions[name] = Remembered()\n    self",
            ),
        ),
    ),
)
