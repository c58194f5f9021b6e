"""Cancelling one order: what a brokerage can answer, and what each piece of evidence proves.

    CancelOutcome   the five things one cancel request can come to
    OrderLook       the four things one look at an order can come to
    decide()        state and evidence in, state out; the only place where a cancel changes its state

    INTENT -> (ACKED) -> CONFIRMED | TOO_LATE | REFUSED
           -> NOT_SENT
           -> UNKNOWN -> by look-up: ACKED | CONFIRMED | TOO_LATE | REFUSED

The state says what nostro asked and knows of its own request. The order's status says what the brokerage
proved. They are two facts: a cancel can end TOO_LATE with the order FILLED. No timer ends an open state;
evidence does. No two clocks are compared: those of two machines differ, and each of them jumps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from nostro.domain.ids import AccountId, BrokerageOrderId, CancelId
from nostro.domain.order import Order, OrderRef, OrderStatus

Raw = Mapping[str, object]
"""A brokerage's own reply as a JSON object, secrets already redacted."""


class CancelRejectReason(StrEnum):
    """Why a brokerage named a cancel refused (FIX CxlRejReason 102, plus one reason of evidence)."""

    TOO_LATE = "too_late"
    UNKNOWN_ORDER = "unknown_order"
    ALREADY_PENDING = "already_pending"
    BROKER_OPTION = "broker_option"
    """The brokerage does not cancel it now, for a reason of its own: a pending replace, a shut market."""
    OTHER = "other"
    NOT_PROCESSED = "not_processed"
    """Nobody refused: the order is open after the last moment at which the request could still have acted."""


class UnknownCause(StrEnum):
    """Why nobody can say what a request that left this machine did."""

    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    SERVER_ERROR = "server_error"
    UNREADABLE_REPLY = "unreadable_reply"
    OTHER_ORDER_IN_REPLY = "other_order_in_reply"
    RATE_LIMITED = "rate_limited"
    AUTH_REFUSED = "auth_refused"
    ADAPTER_FAILED = "adapter_failed"
    """A bug in our own adapter, after which nothing is certain."""
    RESTARTED = "restarted"
    """This process died between the intent and the outcome."""


class NotSentCause(StrEnum):
    """Why it is certain that no byte of a request left this machine."""

    CONNECT_FAILED = "connect_failed"
    ACCESS_REFUSED = "access_refused"
    """The brokerage gives nothing for this connection's credentials to send a request with."""
    REFUSED_LOCALLY = "refused_locally"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canceled:
    """The brokerage said, naming this order, that it is cancelled."""

    raw: Raw | None
    order: Order | None = None
    """The order after the cancel, where the reply carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPending:
    """The brokerage took the request. The order may still fill."""

    raw: Raw | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRejected:
    """The brokerage named a reason. Not yet proof of anything about the order; see `decide`."""

    reason: CancelRejectReason
    message: str
    raw: Raw | None
    order: Order | None = None
    """The order as the refusal shows it, where it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelUnknown:
    """At least one byte may have left, and no reply proves anything."""

    cause: UnknownCause
    message: str
    raw: Raw | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """Certain: no byte left this machine."""

    cause: NotSentCause
    message: str


CancelOutcome = Canceled | CancelPending | CancelRejected | CancelUnknown | NotSent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFound:
    order: Order
    raw: Raw | None = None


@dataclass(frozen=True, slots=True)
class OrderAbsent:
    """The brokerage says that it has no such order. Proves nothing about an order that was seen before."""


@dataclass(frozen=True, slots=True)
class OrderAmbiguous:
    """The id is that of several orders here, and nothing known tells which one is meant."""


@dataclass(frozen=True, slots=True)
class LookFailed:
    """The look-up itself came to nothing."""

    message: str


OrderLook = OrderFound | OrderAbsent | OrderAmbiguous | LookFailed


class CancelState(StrEnum):
    INTENT = "INTENT"
    """On disk; the request may have left, or not yet."""
    ACKED = "ACKED"
    UNKNOWN = "UNKNOWN"
    CONFIRMED = "CONFIRMED"
    TOO_LATE = "TOO_LATE"
    REFUSED = "REFUSED"
    NOT_SENT = "NOT_SENT"

    @property
    def is_final(self) -> bool:
        return self not in OPEN_STATES


OPEN_STATES = frozenset({CancelState.INTENT, CancelState.ACKED, CancelState.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelIntent:
    """One wish to cancel one order, and all that is known of it. Times are aware UTC."""

    cancel_id: CancelId
    account_id: AccountId
    brokerage_order_id: BrokerageOrderId
    state: CancelState = CancelState.INTENT
    requested_at: datetime
    sent_at: datetime | None = None
    """Just before the first byte; None while nothing was tried."""
    ended_at: datetime | None = None
    """When the request was answered or given up: from here on this process sends nothing more for it."""
    settles_s: float | None = None
    """For so long after the end the brokerage may still carry it out; None where no bound is known."""
    resolved_at: datetime | None = None
    reason: CancelRejectReason | None = None
    """The refusal the brokerage named, or how a look-up ended it."""
    cause: UnknownCause | NotSentCause | None = None
    message: str = ""
    """The brokerage's or the network's own words, redacted; for people."""
    raw: Raw | None = None
    order: Order | None = None
    """The order as last proven."""

    @property
    def ref(self) -> OrderRef:
        """What names the order to its brokerage, as far as it is known."""
        return OrderRef(self.brokerage_order_id, self.order.route if self.order is not None else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """The one request of this intent came to an end."""

    outcome: CancelOutcome
    sent_at: datetime
    ended_at: datetime
    settles_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Somebody looked at the order."""

    look: OrderLook
    known: CancelIntent
    """The intent as the looker knew it when the look began. What it knew had happened before the look did."""
    known_for_s: float = 0.0
    """How long, by its own steady clock, the looker had known then that the request had ended."""
    started_at: datetime
    """By the wall clock, as `ended_at`: for the record alone."""
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """The process that owned the request is gone."""

    at: datetime
    settles_s: float | None


Evidence = Replied | Looked | Restarted


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord:
    """One line of an intent's history, for people: what was learnt when, and what it made of the intent."""

    at: datetime
    kind: str
    state: str
    """The state that the evidence left the intent in."""
    detail: Mapping[str, object]


def decide(intent: CancelIntent, evidence: Evidence) -> CancelIntent:
    """Return the intent as `evidence` leaves it; the same object when it proves nothing new.

    A final state never changes; what was filled of a closed order can still be corrected. Only the
    brokerage's word about this very order ends an open state.
    """
    if intent.state.is_final:
        return _corrected(intent, evidence)
    match evidence:
        case Replied():
            return _after_reply(intent, evidence)
        case Looked():
            return _after_look(intent, evidence)
        case Restarted():
            if intent.state is not CancelState.INTENT:
                return intent
            return replace(
                intent,
                state=CancelState.UNKNOWN,
                cause=UnknownCause.RESTARTED,
                message="the server stopped before the outcome was known",
                ended_at=evidence.at,
                settles_s=evidence.settles_s,
            )
        case _:
            assert_never(evidence)


def _after_reply(intent: CancelIntent, reply: Replied) -> CancelIntent:
    if intent.sent_at is not None:
        return intent  # an intent sends once, so it has one reply; it may come after a restart was assumed
    sent = replace(intent, sent_at=reply.sent_at, ended_at=reply.ended_at, settles_s=reply.settles_s)
    outcome = reply.outcome
    match outcome:
        case Canceled(raw=raw, order=order):
            return replace(
                sent,
                state=CancelState.CONFIRMED,
                raw=raw,
                order=_placed_as_known(order, intent.order) or intent.order,
                resolved_at=reply.ended_at,
            )
        case CancelPending(raw=raw):
            return replace(sent, state=CancelState.ACKED, raw=raw)
        case CancelRejected(reason=CancelRejectReason.ALREADY_PENDING, message=message, raw=raw):
            return replace(sent, state=CancelState.ACKED, raw=raw, message=message)
        case CancelRejected(reason=reason, message=message, raw=raw, order=order):
            refused = replace(sent, state=CancelState.UNKNOWN, reason=reason, message=message, raw=raw)
            return _closed_by(refused, order, reply.ended_at) if order is not None else refused
        case CancelUnknown() if intent.state is CancelState.ACKED:
            return sent  # a look found the cancel pending meanwhile, and silence takes nothing back
        case CancelUnknown(cause=cause, message=message, raw=raw):
            return replace(sent, state=CancelState.UNKNOWN, cause=cause, message=message, raw=raw)
        case NotSent(cause=not_sent, message=message):
            return replace(
                intent,
                state=CancelState.NOT_SENT,
                cause=not_sent,
                message=message,
                resolved_at=reply.ended_at,
            )
        case _:
            assert_never(outcome)


def _placed_as_known(order: Order | None, known: Order | None) -> Order | None:
    """Keep when the order was placed: a reply to a cancel need not say it, and a look did."""
    return order if order is None or known is None else replace(order, placed_at=known.placed_at)


def _after_look(intent: CancelIntent, looked: Looked) -> CancelIntent:
    if not isinstance(looked.look, OrderFound):
        return intent  # absence proves nothing about an order that this account is known to hold
    order = looked.look.order
    if order.brokerage_order_id != intent.brokerage_order_id:
        return intent
    if order.status.is_closed:
        return _closed_by(intent, order, looked.ended_at)
    if not began_after_end(intent, looked):
        return intent  # the look may be older than our own request
    seen = intent if _is_old_news(intent.order, order) else replace(intent, order=order)
    if order.status is OrderStatus.PENDING_CANCEL:
        return seen if intent.state is CancelState.ACKED else replace(seen, state=CancelState.ACKED)
    if order.status is OrderStatus.UNRECOGNIZED:
        return seen
    if intent.reason is not None:  # also where somebody else's cancel was pending for a while
        return replace(seen, state=CancelState.REFUSED, resolved_at=looked.ended_at)
    if intent.state is not CancelState.UNKNOWN:
        return seen  # an acknowledged cancel may take until the market opens
    if intent.settles_s is not None and looked.known_for_s >= intent.settles_s:
        return replace(
            seen,
            state=CancelState.REFUSED,
            reason=CancelRejectReason.NOT_PROCESSED,
            resolved_at=looked.ended_at,
        )
    return seen


def began_after_end(intent: CancelIntent, looked: Looked) -> bool:
    """Say whether the looker knew of this very end: after a takeover the old process may end it once more."""
    known = looked.known
    return known.ended_at is not None and (known.ended_at, known.sent_at) == (intent.ended_at, intent.sent_at)


def _is_old_news(known: Order | None, seen: Order) -> bool:
    """Say whether a look adds nothing: two looks may overlap, and the earlier one be heard last."""
    return known is not None and (seen == known or seen.updated_at < known.updated_at)


def _corrected(intent: CancelIntent, evidence: Evidence) -> CancelIntent:
    """Keep how the intent ended; take over fills that were busted or corrected since (FIX matrix J.1.b).

    Only a look that began after the end can know of them, and only one that shows the order closed in the
    same way is about the same end.
    """
    if not isinstance(evidence, Looked) or not isinstance(evidence.look, OrderFound):
        return intent
    known, seen = intent.order, evidence.look.order
    if not evidence.known.state.is_final:
        return intent
    if seen.brokerage_order_id != intent.brokerage_order_id or _ended_as(intent) is not seen.status:
        return intent
    return intent if _is_old_news(known, seen) else replace(intent, order=seen)


def _ended_as(intent: CancelIntent) -> OrderStatus | None:
    """Give the status that the order closed with; None where this intent did not see it close."""
    if intent.state is CancelState.CONFIRMED:
        return OrderStatus.CANCELED
    if intent.state is CancelState.TOO_LATE and intent.order is not None:
        return intent.order.status
    return None


def _closed_by(intent: CancelIntent, order: Order, at: datetime) -> CancelIntent:
    """End the intent if `order` is closed: no brokerage reopens a closed order, however old the look."""
    if order.status is OrderStatus.CANCELED:
        return replace(intent, state=CancelState.CONFIRMED, reason=None, order=order, resolved_at=at)
    if order.status.is_closed:
        return replace(
            intent,
            state=CancelState.TOO_LATE,
            reason=CancelRejectReason.TOO_LATE,
            order=order,
            resolved_at=at,
        )
    return intent
