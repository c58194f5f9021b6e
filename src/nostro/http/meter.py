"""What this process counts about itself, for Prometheus. No label holds anything that a client sent."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from nostro.http.lanes import Lane, Lanes
from nostro.http.operation import Operation

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_NO_OPERATION = "none"
"""Stands for requests that named nothing that exists."""


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

    def exposition(self, open_cancels: dict[str, tuple[int, float]]) -> bytes:
        """Write everything in Prometheus' text format.

        `open_cancels` maps each open state to its number of cancels and the age of the oldest in seconds.
        """
        for state, (count, oldest_s) in open_cancels.items():
            self._open.labels(state).set(count)
            self._oldest.labels(state).set(oldest_s)
        for lane in Lane:
            self._refused.labels(lane.name.lower()).set(self._lanes.refused[lane])
        return generate_latest(self._registry)
