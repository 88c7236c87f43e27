"""What the algorithms that elect without a log have in common: epochs, ranks, the live view, and the majority guard. No algorithm itself.

How to read it: `state.py` is the record that each of them extends, `door.py` the way in, with the three parts of a step. Each concern is
one file of functions of that record: `guard.py` (whom a member grants), `lease.py`, `roles.py` (leading, following, giving up),
`detector.py` (heartbeats, and what follows from silence), `flapping.py` (who may take over), `requests.py`.
"""
