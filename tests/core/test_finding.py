"""Findings are data that travels as JSON."""

from __future__ import annotations

from typing import get_args

import msgspec

from quorate.core.finding import QUESTIONS, Explained, Finding, Question, Recently, Why


def test_every_question_is_listed_once() -> None:
    assert get_args(Question) == QUESTIONS


def test_what_a_node_says_survives_json() -> None:
    why = Why([Finding("slow", "silent", "node 3 says nothing", 3)], [Recently(5, "overslept", {"late_ns": 7})])
    assert msgspec.json.decode(msgspec.json.encode(why), type=Why) == why


def test_explanations_have_a_time() -> None:
    assert Explained(4, "overslept").fields == {}
