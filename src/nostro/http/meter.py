"""What this process counts about itself, for Prometheus. No label holds anything that a client sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from nostro.http.lanes import Lane, Lanes
from nostro.http.operation import Operation

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_NO_OPERATION = "none"
"""Stands for requests that named nothing that exists."""


@dataclass(frozen=True, slots=True)
class OpenCancels:
    """The cancels that are open in one state."""

    count: int
    oldest_s: float
    """Age of the oldest."""
    older: tuple[int, ...]
    """How many are older than each of the ages in question."""


class Meter:
    def __init__(self, lanes: Lanes) -> None:
        self._registry = CollectorRegistry()
        self._lanes = lanes
        self._answers = Counter(
            "nostro_answers",
            "Answers by operation and HTTP status.",
            ["operation", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "nostro_answer_seconds",
            "From a whole request head to its answer.",
            ["operation"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._open = Gauge(
            "nostro_open_cancels",
            "Cancels that are not final, by state.",
            ["state"],
            registry=self._registry,
        )
        self._oldest = Gauge(
            "nostro_oldest_open_cancel_seconds",
            "Age of the oldest cancel that is not final, by state.",
            ["state"],
            registry=self._registry,
        )
        self._older = Gauge(
            "nostro_open_cancels_older_than",
            "Cancels that are not final, by state, asked for longer ago than so many seconds.",
            ["state", "seconds"],
            registry=self._registry,
        )
        self._sent = Counter(
            "nostro_brokerage_requests",
            "Requests to brokerages, by what for and what came back: replied, no_reply, never_sent.",
            ["brokerage", "operation", "outcome"],
            registry=self._registry,
        )
        self._database = Histogram(
            "nostro_database_seconds",
            "From a piece of work for our own database to its durable end, waiting included.",
            ["kind"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._events = Gauge(
            "nostro_webhook_events",
            "Webhook events that were not delivered: pending, or dead.",
            ["state"],
            registry=self._registry,
        )
        lag = Gauge(
            "nostro_lag_seconds", "How far the loop or the database is behind.", registry=self._registry
        )
        lag.set_function(lambda: lanes.lag_s)
        under_way = Gauge("nostro_requests_under_way", "Requests being worked on.", registry=self._registry)
        under_way.set_function(lambda: lanes.under_way)
        self._refused = Gauge(
            "nostro_requests_refused_for_load",
            "Requests refused because too many were under way, by lane, since the start.",
            ["lane"],
            registry=self._registry,
        )

    def answered(self, operation: Operation | None, status: int, took_s: float) -> None:
        name = _NO_OPERATION if operation is None else operation.id
        self._answers.labels(name, str(status)).inc()
        self._seconds.labels(name).observe(took_s)

    def sent(self, brokerage: str, operation: str, outcome: str) -> None:
        self._sent.labels(brokerage, operation, outcome).inc()

    def worked(self, kind: str, took_s: float) -> None:
        """Count a `read` or `write` of our own database."""
        self._database.labels(kind).observe(took_s)

    def exposition(
        self, open_cancels: Mapping[str, OpenCancels], ages_s: tuple[int, ...], events: Mapping[str, int]
    ) -> bytes:
        """Write everything in Prometheus' text format.

        `open_cancels` goes by state, `events` maps each state of webhook events to their number.
        """
        for state, each in open_cancels.items():
            self._open.labels(state).set(each.count)
            self._oldest.labels(state).set(each.oldest_s)
            for age_s, count in zip(ages_s, each.older, strict=True):
                self._older.labels(state, str(age_s)).set(count)
        for state, count in events.items():
            self._events.labels(state).set(count)
        for lane in Lane:
            self._refused.labels(lane.name.lower()).set(self._lanes.refused[lane])
        return generate_latest(self._registry)
