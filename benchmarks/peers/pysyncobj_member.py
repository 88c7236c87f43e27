"""One node of PySyncObj with a journal, and the callers inside its process. Takes orders on standard input, and ends with it.

python pysyncobj_member.py ID BASE_PORT DIRECTORY [at-once]

leads                                    -> true or false
load IN_FLIGHT SIZE SECONDS WARM_UP      -> latencies, and calls per second; only where it leads
"""

import json
import os
import sys
import threading
from pathlib import Path
from time import perf_counter

from pysyncobj import SyncObj, SyncObjConf, replicated

NODES = 3


class Count(SyncObj):
    """Counts what is applied, so that the cost measured is that of agreement."""

    def __init__(self, own: str, others: list[str], configuration: SyncObjConf) -> None:
        super().__init__(own, others, configuration)
        self.count = 0

    @replicated
    def put(self, command: bytes) -> int:
        """One more."""
        self.count += 1
        return self.count


class Load:
    """Callers as callbacks: the next call begins where the last one has ended."""

    def __init__(self, node: Count, in_flight: int, size: int, seconds: float, warm_up: float) -> None:
        self._node = node
        self._left = self._callers = in_flight
        self._value = os.urandom(size)
        self._seconds = seconds
        self._begin = perf_counter() + warm_up
        self._end = self._begin + seconds
        self._latencies: list[float] = []
        self._over = threading.Event()
        self._failure: object = None

    def run(self) -> dict[str, object]:
        """Until the last one has ended."""
        for _ in range(self._callers):
            self._call()
        if not self._over.wait(self._seconds + 120):
            raise SystemExit("PySyncObj did not answer in time")
        if self._failure is not None:
            raise SystemExit(f"PySyncObj refused a command: {self._failure}")
        # Each caller's last call ended outside of the window, and no other did.
        return {
            "latencies_s": self._latencies,
            "per_second": (len(self._latencies) - self._callers) / self._seconds,
        }

    def _call(self) -> None:
        before = perf_counter()

        def ended(_result: object, error: object) -> None:
            after = perf_counter()
            if error:
                self._failure = error
                self._over.set()
                return
            if after >= self._begin:
                self._latencies.append(after - before)
            if after < self._end:
                self._call()
            else:
                self._left -= 1
                if not self._left:
                    self._over.set()

        self._node.put(self._value, callback=ended)


def main(node_id: int, base_port: int, directory: Path, *, at_once: bool) -> None:
    """Serve orders."""
    directory.mkdir(parents=True, exist_ok=True)
    addresses = [f"127.0.0.1:{base_port + each}" for each in range(1, NODES + 1)]
    own = addresses.pop(node_id - 1)
    configuration = SyncObjConf(
        journalFile=str(directory / "journal"),
        fullDumpFile=str(directory / "dump"),
        appendEntriesUseBatch=not at_once,
        commandsQueueSize=100_000,
    )
    node = Count(own, addresses, configuration)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "leads":
            status = node.getStatus()
            answer: object = status["leader"] is not None and status["leader"] == status["self"] and node.isReady()
        else:
            answer = Load(node, int(words[1]), int(words[2]), float(words[3]), float(words[4])).run()
        print(json.dumps(answer), flush=True)
    os._exit(0)  # its own thread never ends


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), at_once=sys.argv[4:] == ["at-once"])
