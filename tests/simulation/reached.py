"""What a run has reached. A run that never came near a danger has not shown that it is safe."""

import json
from collections import Counter

from nostro.domain.cancel import CancelState
from nostro.sim.faults import FaultKind

from .plan import CRASH_POINTS, ReceiverTrouble

_STATES = {
    ("-", "INTENT"),
    ("INTENT", "UNKNOWN"),
    ("INTENT", "ACKED"),
    ("INTENT", "CONFIRMED"),
    ("INTENT", "TOO_LATE"),
    ("INTENT", "NOT_SENT"),
    ("UNKNOWN", "ACKED"),
    ("UNKNOWN", "CONFIRMED"),
    ("UNKNOWN", "TOO_LATE"),
    ("UNKNOWN", "REFUSED"),
    ("ACKED", "CONFIRMED"),
    ("ACKED", "TOO_LATE"),
}
_EVIDENCE = {
    ("Canceled", "CONFIRMED"),
    ("CancelPending", "ACKED"),
    ("CancelRejected too_late", "CONFIRMED"),
    ("CancelRejected too_late", "TOO_LATE"),
    ("CancelRejected unknown_order", "UNKNOWN"),
    ("CancelRejected already_pending", "ACKED"),
    ("CancelUnknown timeout", "UNKNOWN"),
    ("CancelUnknown connection_lost", "UNKNOWN"),
    ("CancelUnknown server_error", "UNKNOWN"),
    ("CancelUnknown unreadable_reply", "UNKNOWN"),
    ("CancelUnknown other_order_in_reply", "UNKNOWN"),
    ("CancelUnknown rate_limited", "UNKNOWN"),
    ("CancelUnknown adapter_failed", "UNKNOWN"),
    ("NotSent connect_failed", "NOT_SENT"),
    ("restart", "UNKNOWN"),
    ("look canceled", "CONFIRMED"),
    ("look pending_cancel", "ACKED"),
    ("look filled", "TOO_LATE"),
    ("look expired", "TOO_LATE"),
    ("look rejected", "TOO_LATE"),
    ("look replaced", "TOO_LATE"),
    ("look new", "REFUSED"),
    ("look partially_filled", "REFUSED"),
}
_TROUBLES = {
    "a request arrived after it was given up",
    "a request arrived after its sender had died",
    "a process died between callbacks",
    "a process stood still",
    "the database failed",
    "the database lost its answer",
    "the wall clock jumped back",
    "the wall clock jumped ahead",
    "a caller hung up",
    "answer cancel 500 7042",
    "two callers shared one intent",
}
_WEBHOOKS = {
    "a webhook was delivered at the first try",
    "a webhook was delivered after retries",
    "a webhook was delivered after hours",
    "a webhook was delivered after a replay",
    "a webhook was delivered twice",
    "dead webhooks were replayed",
}
_PLACEMENTS = {
    "a client order id with other content was refused",
    "a placement was said to be unknown",
    "a placement was sent again after a refused connection",
    "a repeated placement was given the first one's order",
    "an unknown placement blocks its client order id",
    "an unknown placement was found by its client order id",
}


class Reached:
    """Counts by name; add those of several runs with `add`."""

    def __init__(self, counts: Counter[str] | None = None) -> None:
        self.counts: Counter[str] = Counter(counts)

    def note(self, what: str) -> None:
        self.counts[what] += 1

    def transition(self, before: CancelState | None, after: CancelState) -> None:
        self.note(f"state {before or '-'} -> {after}")

    def evidence(self, kind: str, state: str, detail_text: str) -> None:
        detail = json.loads(detail_text)
        if kind == "reply":
            what = " ".join(str(detail[name]) for name in ("outcome", "reason", "cause") if detail.get(name))
        elif kind == "look_up":
            what = f"look {detail.get('order_status', 'nothing')}"
        else:
            what = kind
        self.note(f"evidence {what} => {state}")

    def fault(self, operation: str, kind: str) -> None:
        self.note(f"fault {kind}")
        self.note(f"fault {kind} on {operation}")

    def count_requests(self, left: int, certain: int, possible: int) -> None:
        """Count cancels that left, and those that the journal says did, at least and at most."""
        self.counts["requests that left"] += left
        self.counts["requests journalled at least"] += certain
        self.counts["requests journalled at most"] += possible

    def missing(self) -> list[str]:
        """List what should have happened, and never did."""
        wanted = {f"state {before} -> {after}" for before, after in _STATES}
        wanted |= {f"evidence {what} => {state}" for what, state in _EVIDENCE}
        wanted |= {f"fault {kind.value}" for kind in FaultKind}
        wanted |= {f"a crash at {point}" for point in CRASH_POINTS}
        wanted |= {f"receiver {trouble}" for trouble in ReceiverTrouble}
        wanted |= _TROUBLES | _WEBHOOKS | _PLACEMENTS
        return sorted(each for each in wanted if not self.counts[each])

    def add(self, other: "Reached") -> None:
        self.counts.update(other.counts)
