"""Bugs of the driver: the order of effects, and what becomes of failures."""

from mutants.mutant import Edit, Mutant
from quorate.runtime.barrier import Barrier
from quorate.runtime.driver import Driver
from quorate.runtime.writer import LogWrite

DRIVER = (
    Mutant(
        "messages_before_sync",
        "Messages do not wait for the writes before them.",
        "core/effects.py: Persist is a barrier; Raft, Figure 2: stable storage before responding",
        (
            Edit(
                Driver._carry_out,
                "(is_open and kind is not Persist and kind is not WriteSnapshot)",
                "kind is Send or (is_open and kind is not Persist and kind is not WriteSnapshot)",
            ),
        ),
    ),
    Mutant(
        "one_sync_releases_all_messages",
        "When one write is durable, messages go out that wait for the next one.",
        "runtime/barrier.py: what is released is what stands before the first write that is not durable",
        (
            Edit(
                Barrier.written,
                "            break\n",
                "            released += [pair for pair in held if isinstance(pair[0], Send)]\n"
                "            self._held = deque(pair for pair in held if not isinstance(pair[0], Send))\n"
                "            break\n",
            ),
        ),
    ),
    Mutant(
        "failed_write_told_as_durable",
        "A write that the disk refuses is reported as done.",
        "runtime/writer.py: a write is never taken for durable, nor tried again, after it failed",
        (
            Edit(
                LogWrite.__call__,
                "    self._store.write(self._persists)\n",
                "    try:\n        self._store.write(self._persists)\n    except Exception:\n        pass\n",
            ),
            Edit(LogWrite.synced, "self._store.lose(error)", "return self._result"),
        ),
    ),
)
