"""Who was met, and what all of them speak."""

from quorate.runtime.versions import KEYED_CALLS, Versions


def test_s_d7_one_old_peer_holds_back_what_goes_into_the_log() -> None:
    versions = Versions()
    assert versions.all_speak(KEYED_CALLS)
    versions.met(2, 2)
    versions.met(3, 1)
    assert not versions.all_speak(KEYED_CALLS)
    assert versions.all_speak(1)
    versions.met(3, 2)
    assert versions.all_speak(KEYED_CALLS)
