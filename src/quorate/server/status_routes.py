"""`/status`, `/health` and `/metrics`: what a person or a monitor asks a node about itself."""

from __future__ import annotations

import msgspec
from aiohttp import web

from quorate.core.finding import QUESTIONS
from quorate.real.status import NodeStatus
from quorate.server.metrics import Metrics
from quorate.server.problem import GrpcCode, bad_request
from quorate.server.serving import ServedNode

_encoder = msgspec.json.Encoder()


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """`health` is "true" or "false", a string as in etcd. The other fields are there when it is false."""

    health: str
    reason: str = ""
    error: str = ""
    code: int = 0
    message: str = ""
    hint: str = ""


class StatusRoutes:
    """Never waits for the cluster: each answer is made of what this node knows now."""

    def __init__(self, node: ServedNode, metrics: Metrics) -> None:
        self._node = node
        self._metrics = metrics

    def add_to(self, application: web.Application) -> None:
        """Register the routes."""
        application.router.add_get("/status", self.status)
        application.router.add_get("/v1/why", self.why)
        application.router.add_get("/health", self.health)
        application.router.add_get("/metrics", self.metrics)

    async def status(self, _request: web.Request) -> web.Response:
        """Role, term, leader, indexes and more, as JSON."""
        return web.Response(body=_encoder.encode(self._node.status()), content_type="application/json")

    async def why(self, request: web.Request) -> web.Response:
        """Answers in words, to one `question` or to all."""
        question = request.query.get("question")
        if question not in (None, *QUESTIONS):
            raise bad_request(
                f"there is no question {question!r:.40}", f"ask one of {', '.join(QUESTIONS)}", "bad_field"
            )
        why = self._node.why()
        if question is not None:
            findings = [finding for finding in why.findings if finding.question == question]
            why = msgspec.structs.replace(why, findings=findings)
        return web.Response(body=_encoder.encode(why), content_type="application/json")

    async def health(self, _request: web.Request) -> web.Response:
        """200 while this node can serve; 503 with the reason otherwise."""
        health = health_of(self._node.status())
        status = 200 if health.health == "true" else 503
        headers = {} if status == 200 else {"Retry-After": "1"}
        body = _encoder.encode(health)
        return web.Response(body=body, status=status, headers=headers, content_type="application/json")

    async def metrics(self, _request: web.Request) -> web.Response:
        """The text format of Prometheus."""
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=self._metrics.exposition(), headers=headers)


def health_of(status: NodeStatus) -> Health:
    """Whether a node in this state can serve, and if not, why not."""
    if status.failed is not None:
        hint = "the node's log names the cause and the remedy; restart the node once it is removed"
        return _unhealthy("failed", f"this node has failed: {status.failed}", hint)
    if status.leader is None:
        why = status.why or "no leader is known"
        hint = "a majority of the members must be up and reach each other; look at GET /status of each"
        return _unhealthy("no_leader", f"the cluster has no leader now: {why}", hint)
    return Health("true")


def _unhealthy(error: str, message: str, hint: str) -> Health:
    return Health("false", message, error, GrpcCode.UNAVAILABLE, message, hint)
