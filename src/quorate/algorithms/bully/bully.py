"""The door of Bully, and what the floors above need to know to run it."""

from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Any

from quorate.algorithms.bully import election, mongodb_v0, mongodb_votes, pre_vote, two_phase, victory
from quorate.algorithms.bully.config import BullyConfig
from quorate.algorithms.bully.messages import (
    Alive,
    BullyMessage,
    Election,
    Halt,
    Normal,
    PreVote,
    PreVoteReply,
    Victory,
    VictoryAck,
)
from quorate.algorithms.bully.mongodb_messages import Ballot, Elect, Fresh, Freshness, Ping
from quorate.algorithms.bully.reasons import REASONS
from quorate.algorithms.bully.state import BullyState
from quorate.algorithms.bully.storms import draw_options, granted, should_lead
from quorate.algorithms.bully.successors import list_successors
from quorate.algorithms.electing.deadlines import Wait
from quorate.algorithms.electing.door import RELOADABLE, Door, MessageHandler, WaitHandler
from quorate.algorithms.electing.epoch import token_words
from quorate.algorithms.electing.grants import grants_of
from quorate.algorithms.electing.messages import Heartbeat
from quorate.algorithms.electing.promise import Promise
from quorate.core.algorithm import AlgorithmSpec
from quorate.core.durable import Durable, Identity

NAME = "bully"

MESSAGES: dict[type, MessageHandler[BullyState]] = {
    Election: election.handle_election,
    Alive: election.handle_alive,
    PreVote: pre_vote.handle_pre_vote,
    PreVoteReply: pre_vote.handle_pre_vote_reply,
    Victory: victory.handle_victory,
    VictoryAck: victory.handle_victory_ack,
    Halt: two_phase.handle_halt,
    Normal: two_phase.handle_normal,
    Ping: mongodb_v0.handle_ping,
    Fresh: mongodb_votes.handle_fresh,
    Freshness: mongodb_v0.handle_freshness,
    Elect: mongodb_votes.handle_elect,
    Ballot: mongodb_v0.handle_ballot,
}

WAITS: dict[Wait, WaitHandler[BullyState]] = {
    "alive_by": election.alive_over,
    "victory_by": election.victory_over,
    "claim_by": pre_vote.claim_over,
}

OF_TWO_PHASES: dict[type, MessageHandler[BullyState]] = MESSAGES | {
    Victory: two_phase.handle_victory_in_two_phases,
    Heartbeat: two_phase.handle_heartbeat_in_two_phases,
}

WAITS_OF_TWO_PHASES: dict[Wait, WaitHandler[BullyState]] = {**WAITS, "claim_by": two_phase.install}

OF_MONGODB: dict[type, MessageHandler[BullyState]] = MESSAGES | {Heartbeat: mongodb_v0.handle_heartbeat}

WAITS_OF_MONGODB: dict[Wait, WaitHandler[BullyState]] = {
    "heartbeat_at": mongodb_v0.beat,
    "ping_at": mongodb_v0.ping,
    "alive_by": mongodb_v0.fresh_over,
    "claim_by": mongodb_v0.votes_over,
    "victory_by": mongodb_v0.begin,
}


class Bully(Door[BullyState]):
    """One node of one Bully group. Satisfies `quorate.core.algorithm.Algorithm`."""

    def __init__(self, identity: Identity, config: BullyConfig, durable: Durable, random: Random) -> None:
        state = BullyState(identity, config, durable, random)
        messages: Mapping[type, MessageHandler[BullyState]] = MESSAGES
        waits: Mapping[Wait, WaitHandler[BullyState]] = WAITS
        on_start, begin = election.on_start, election.begin
        state.claim = partial(victory.claim, state)
        state.outbid = partial(election.outbid, state)
        state.list_successors = partial(list_successors, state)
        if config.variant == "two_phase":
            messages, waits = OF_TWO_PHASES, WAITS_OF_TWO_PHASES
        elif config.variant == "mongodb_v0":
            messages, waits = OF_MONGODB, WAITS_OF_MONGODB
            on_start, begin = mongodb_v0.on_start, mongodb_v0.begin
            state.claim = state.outbid = partial(mongodb_v0.begin, state)
        state.begin = partial(begin, state)
        super().__init__(NAME, state, on_start=on_start, messages=messages, waits=waits, events={}, details=details)


def details(state: BullyState) -> dict[str, object]:
    """What `inspect` shows beyond the shared part."""
    return {
        "elections": state.elections,
        "stretch": state.stretch,
        "variant": state.settings.variant,
        "successors": state.successors,
        "voted_for": state.mongo.voted_for,
        "votes": dict(state.mongo.votes),
    }


def _guarded(config: Any) -> bool:
    return isinstance(config, BullyConfig) and config.guarded


SPEC = AlgorithmSpec(
    name=NAME,
    messages=BullyMessage,
    hard_state=Promise,
    config=BullyConfig,
    build=Bully,
    keeps_log=False,
    survives_datagrams=False,
    reasons=REASONS,
    features=frozenset({"tokens", "durable_votes", "transfer", "guard", "freshness"}),
    term_words=token_words,
    leases=_guarded,
    grants=grants_of(granted),
    storms=draw_options,
    unstormed=frozenset({"not_a_member"}),
    should_lead=should_lead,
    reloadable=lambda _config: RELOADABLE,
)
