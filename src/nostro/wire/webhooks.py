"""Webhooks as SnapTrade documents them: their types, their canonical body, and what proves who sent it.

Source: SnapTrade's webhook page of August 2026 (`docs/webhooks.md` of its SDK repository). The body is sent
byte for byte as its verifier writes it again: keys sorted at every depth, compact, everything but ASCII
escaped. It holds text, booleans and null only, so no reader can disagree about a number.

SnapTrade's payload carries the id twice, as `webhookId` and misspelt as `webookId`; so does this one. It also
carries `webhookSecret`, deprecated there, which nostro does not send: a body is no place for a secret.

A body's first key is always `accountId` or `brokerageAuthorizationId`, and the text that an API request
signs always begins with `{"content":`. The signature of the one is therefore never a signature of the other,
under the same key.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from nostro.domain.cancel import CancelIntent
from nostro.domain.event import CancelEnded, ConnectionChange, ConnectionEvent, OrderEvent
from nostro.domain.order import Order
from nostro.storage.outbox_port import OutboxEvent
from nostro.wire.cancel import cancel_status
from nostro.wire.connections import brokerage_id
from nostro.wire.orders_v2 import render_order_v2
from nostro.wire.signature import sign

TRADE_UPDATE = "TRADE_UPDATE"
CONNECTION_TYPES = {
    ConnectionChange.BROKEN: "CONNECTION_BROKEN",
    ConnectionChange.FIXED: "CONNECTION_FIXED",
}
SECRET_PREFIX = "whsec_"  # noqa: S105 - what Standard Webhooks begins secrets with
SECRET_BYTES = 32

DELIVERED_STATUSES = frozenset({200, 201, 202, 204})

_PRICE_PLACES = 10
_QUANTITY_PLACES = 9
_PRICES = ("execution_price", "limit_price", "stop_price")
_QUANTITIES = ("total_quantity", "filled_quantity", "canceled_quantity")


def render_body(told: OutboxEvent, sent_at: datetime) -> bytes:
    """Write the body of one attempt.

    SnapTrade's verifier refuses an `eventTimestamp` older than 300 s, so it is of the attempt; when the fact
    was learnt stands in `details.occurred_at`.
    """
    event = told.event
    body = {
        **(_of_order(event) if isinstance(event, OrderEvent) else _of_connection(event)),
        "brokerageAuthorizationId": told.connection_id,
        "brokerageId": None if told.broker_slug is None else brokerage_id(told.broker_slug),
        "clientId": told.client_id,
        "eventTimestamp": sent_at.isoformat(),
        "userId": told.user_id,
        "webhookId": told.event_id,
        "webookId": told.event_id,
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode("ascii")


def render_headers(
    body: bytes, event_id: str, sent_at: datetime, *, consumer_key: str, secret: str
) -> Mapping[str, str]:
    """Sign the body twice: as SnapTrade does, and as Standard Webhooks does, each with a key of its own.

    `secret` is `whsec_` and base64, of which the decoded bytes sign.
    """
    stamp = str(int(sent_at.timestamp()))
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.digest(key, f"{event_id}.{stamp}.".encode() + body, "sha256")
    return {
        "Content-Type": "application/json",
        "Signature": sign(body.decode("ascii"), consumer_key),
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def new_secret(random: bytes) -> str:
    """Write `SECRET_BYTES` random bytes as a Standard Webhooks secret."""
    return SECRET_PREFIX + base64.b64encode(random).decode()


def _of_order(event: OrderEvent) -> dict[str, Any]:
    return {
        "accountId": event.account_id,
        "details": {
            "orders": [] if event.order is None else [_order(event.order)],
            "occurred_at": event.at.isoformat(),
            **({} if event.ended is None else _ended(event, event.ended)),
        },
        "eventType": TRADE_UPDATE,
    }


def _of_connection(event: ConnectionEvent) -> dict[str, Any]:
    return {"details": {"occurred_at": event.at.isoformat()}, "eventType": CONNECTION_TYPES[event.change]}


def _ended(event: OrderEvent, ended: CancelEnded) -> dict[str, Any]:
    intent = CancelIntent(
        cancel_id=ended.cancel_id,
        account_id=event.account_id,
        brokerage_order_id=event.brokerage_order_id,
        state=ended.state,
        requested_at=ended.requested_at,
        order=event.order,
    )
    return {
        "brokerage_order_id": event.brokerage_order_id,
        "cancel_id": ended.cancel_id,
        "evidence": ended.evidence,
        "reason": None if ended.reason is None else ended.reason.value,
        "state": ended.state.value,
        "status": cancel_status(intent),
    }


def _order(order: Order) -> dict[str, Any]:
    """Render the v2 record as webhooks have it.

    Decimals have 9 places (quantities) or 10 (prices), more where they need more; a missing stop price is
    zero, a missing role null.
    """
    record: dict[str, Any] = {"order_role": None, **msgspec.to_builtins(render_order_v2(order))}
    record["stop_price"] = record["stop_price"] or "0"
    _pad(record, _PRICES, _PRICE_PLACES)
    for leg in record["legs"]:
        _pad(leg, ("execution_price",), _PRICE_PLACES)
        _pad(leg, _QUANTITIES, _QUANTITY_PLACES)
    return record


def _pad(record: dict[str, Any], names: tuple[str, ...], places: int) -> None:
    for name in names:
        if record[name] is not None:
            whole, _, fraction = f"{Decimal(record[name]):f}".partition(".")
            record[name] = f"{whole}.{fraction.ljust(places, '0')}"
