"""Alive, able to notify, and numbers for an alarm. Nothing personal, no expediente, no station by name."""

from collections import Counter
from collections.abc import Iterable

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from amparo_notify.cases.health import Health, health
from amparo_notify.core.notice import Medium
from amparo_notify.web.context import now, services
from amparo_notify.web.security import Audience, may

blueprint = Blueprint("health", __name__)

KINDS = frozenset({"database", "worker", "notices", "texts", "trust", "revocation", *Medium})
"""Faults that may be told to anybody; every other one is of a station, and which one is nobody's business."""


@blueprint.get("/healthz")
@may(Audience.ANYONE)
def alive() -> Response:
    """Whether this process answers: what a load balancer asks. It touches nothing else."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@may(Audience.ANYONE)
def ready() -> tuple[Response, int]:
    """Whether people would be reached now: for alarms. 503 where not.

    Faults are counted by kind and not described: where nobody is on duty is not for strangers. `doctor` says it all.
    Warnings are the gaps that rosters have in the coming day; they never make it 503.
    """
    found = health(services(), now())
    body = {
        "ready": found.ready,
        "database": found.database,
        "worker_seen_seconds": _worker_age(found),
        "overdue_notices": found.overdue_notices,
        "faults": Counter(each.field if each.field in KINDS else "station" for each in found.faults),
        "warnings": found.warnings,
    }
    return jsonify(body), 200 if found.ready else 503


@blueprint.get("/metrics")
@may(Audience.ANYONE)
def metrics() -> Response:
    """The same numbers for Prometheus, read at each scrape, so that any number of processes agree."""
    registry = CollectorRegistry()
    registry.register(_Reading(health(services(), now())))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Reading(Collector):
    """One look at the service's health, in Prometheus' words."""

    def __init__(self, found: Health) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        found = self._found
        yield _gauge("ready", "1 where the people on duty would be reached now", float(found.ready))
        yield _gauge("database_up", "1 where the database answers", float(found.database))
        yield _gauge(
            "overdue_notices", "Notices that are owed and not yet on their way", found.overdue_notices
        )
        yield _gauge("faults", "Things that doctor would complain of", len(found.faults))
        age = _worker_age(found)
        if age is not None:
            yield _gauge("worker_heartbeat_age_seconds", "Since a worker was last seen", age)


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(f"amparo_{name}", documentation, value=value)


def _worker_age(found: Health) -> float | None:
    """Seconds since a worker was last seen, or None where none ever was."""
    if found.worker_seen_at is None:
        return None
    return max(0.0, round((now() - found.worker_seen_at).total_seconds(), 3))
