"""Settings that change while the node runs."""

import msgspec

from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.state import ZabState
from quorate.core.events import SettingsChanged

FIXED = frozenset({"last_counter", "quorum_groups", "quorum_weights", "snapshot_chunk_bytes", "snapshot_window_chunks"})
"""What all nodes must do alike at any moment, and what both ends of a transfer under way count with."""


def reloadable(_config: ZabConfig) -> frozenset[str]:
    """Names of the settings that may change: what is looked at anew each time."""
    return frozenset(ZabConfig.__struct_fields__) - FIXED


def handle_settings_changed(zab: ZabState, event: SettingsChanged) -> None:
    """Take them over. What is waited for by the old times is waited for anew, so that no silence counts that was none by them."""
    zab.config = msgspec.structs.replace(zab.config, **event.settings)
    learning, leading = zab.learning, zab.leading
    if learning is not None:
        learning.silent_by = zab.now + (zab.config.sync_ns if learning.synced else zab.config.init_ns)
    if leading is not None:
        leading.init_by = max(leading.init_by, zab.now + zab.config.init_ns)
        for session in leading.sessions.values():
            session.heard_at = zab.now
