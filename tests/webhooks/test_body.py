"""The body and its two signatures: SnapTrade's shape, byte for byte what its verifier writes again."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nostro.domain.cancel import CancelState
from nostro.domain.event import CancelEnded, OrderEvent
from nostro.domain.ids import BrokerageOrderId, CancelId, ClientId, UserId
from nostro.domain.order import Order, OrderStatus
from nostro.storage.outbox_port import EventState, OutboxEvent
from nostro.wire.signature import canonical_text
from nostro.wire.webhooks import new_secret, render_body, render_headers

from .desk import ACCOUNT, CONNECTION, CONSUMER_KEY, SECRET, T0, order
from .receiver import snaptrade_accepts, standard_webhooks_accepts

SENT_AT = T0 + timedelta(hours=2, microseconds=5)
PARTLY_CANCELED = order(
    status=OrderStatus.CANCELED,
    filled_quantity=Decimal(3),
    canceled_quantity=Decimal(7),
    average_price=Decimal("19.25"),
)


def ended(state: CancelState, seen: Order) -> OrderEvent:
    return OrderEvent(
        account_id=ACCOUNT,
        brokerage_order_id=seen.brokerage_order_id,
        order=seen,
        ended=CancelEnded(
            cancel_id=CancelId("x-1"), state=state, evidence="look_up", reason=None, requested_at=T0
        ),
        at=T0,
    )


def told(event: OrderEvent, **terms: Any) -> OutboxEvent:
    values: dict[str, Any] = {
        "event_id": "763bc1cd-8aca-4896-8faa-e84b82f8f7b2",
        "client_id": ClientId("PARTNER"),
        "user_id": UserId("u"),
        "connection_id": CONNECTION,
        "broker_slug": "PAPER",
        "event": event,
        "state": EventState.PENDING,
        "attempts": 1,
        "due_at": T0,
    }
    return OutboxEvent(**(values | terms))


CHANGE = told(
    OrderEvent(account_id=ACCOUNT, brokerage_order_id=BrokerageOrderId("o-1"), order=PARTLY_CANCELED, at=T0)
)
END = told(ended(CancelState.CONFIRMED, PARTLY_CANCELED))


def body(event: OutboxEvent = END) -> Any:
    return json.loads(render_body(event, SENT_AT))


def test_the_keys_are_those_snaptrade_documents_but_its_deprecated_secret() -> None:
    assert set(body()) == {
        "accountId",
        "brokerageAuthorizationId",
        "brokerageId",
        "clientId",
        "details",
        "eventTimestamp",
        "eventType",
        "userId",
        "webhookId",
        "webookId",
    }


def test_the_order_record_has_the_documented_keys() -> None:
    [record] = body(CHANGE)["details"]["orders"]
    documented = {
        "legs",
        "status",
        "order_role",
        "order_type",
        "stop_price",
        "limit_price",
        "time_placed",
        "time_executed",
        "time_in_force",
        "trailing_stop",
        "price_currency",
        "execution_price",
        "brokerage_order_id",
        "brokerage_group_order_id",
    }
    assert documented <= set(record)


def test_decimals_are_text_with_as_many_places_as_in_snaptrades_example() -> None:
    [record] = body()["details"]["orders"]
    [leg] = record["legs"]
    prices = [record["limit_price"], record["stop_price"], record["execution_price"], leg["execution_price"]]
    quantities = [leg["total_quantity"], leg["filled_quantity"], leg["canceled_quantity"]]
    assert prices == ["19.2000000000", "0.0000000000", "19.2500000000", "19.2500000000"]
    assert quantities == ["10.000000000", "3.000000000", "7.000000000"]


def test_no_digit_is_lost_where_more_places_are_needed() -> None:
    tiny = replace(PARTLY_CANCELED, quantity=Decimal("1.000000000000000001"))
    [record] = body(told(ended(CancelState.CONFIRMED, tiny)))["details"]["orders"]
    assert record["legs"][0]["total_quantity"] == "1.000000000000000001"


def test_a_missing_role_is_null() -> None:
    assert body()["details"]["orders"][0]["order_role"] is None


def test_both_spellings_carry_the_events_id() -> None:
    assert (body()["webhookId"], body()["webookId"]) == (END.event_id, END.event_id)


def test_the_timestamp_is_of_the_attempt_and_the_facts_own_time_stands_in_the_details() -> None:
    shown = body()
    times = (shown["eventTimestamp"], shown["details"]["occurred_at"])
    assert times == ("2026-11-22T14:00:00.000005+00:00", "2026-11-22T12:00:00+00:00")


@pytest.mark.parametrize(
    ("state", "seen", "status"),
    [
        (CancelState.CONFIRMED, PARTLY_CANCELED, "PARTIAL_CANCELED"),
        (CancelState.CONFIRMED, order(status=OrderStatus.CANCELED), "CANCELED"),
        (CancelState.TOO_LATE, order(status=OrderStatus.FILLED), "EXECUTED"),
        (CancelState.REFUSED, order(), "ACCEPTED"),
        (CancelState.NOT_SENT, order(), "NOT_SENT"),
    ],
)
def test_the_final_word_is_the_cancels_own(state: CancelState, seen: Order, status: str) -> None:
    details = body(told(ended(state, seen)))["details"]
    said = (details["cancel_id"], details["state"], details["status"], details["evidence"])
    assert said == ("x-1", state.value, status, "look_up")


def test_a_change_of_an_order_carries_no_cancel() -> None:
    assert "cancel_id" not in body(CHANGE)["details"]


def test_an_event_whose_connection_is_gone_says_so_with_null() -> None:
    shown = body(replace(END, connection_id=None, broker_slug=None))
    assert (shown["brokerageAuthorizationId"], shown["brokerageId"]) == (None, None)


texts = st.text(max_size=20)
events = st.builds(
    lambda user, client, order_id, raw: told(
        ended(
            CancelState.CONFIRMED,
            replace(PARTLY_CANCELED, brokerage_order_id=BrokerageOrderId(order_id), raw_status=raw),
        ),
        user_id=UserId(user),
        client_id=ClientId(client),
    ),
    texts,
    texts,
    texts,
    texts,
)


@settings(deadline=None, database=None)
@given(event=events)
def test_the_body_is_byte_for_byte_what_the_verifier_writes_again(event: OutboxEvent) -> None:
    sent = render_body(event, SENT_AT)
    assert json.dumps(json.loads(sent), separators=(",", ":"), sort_keys=True).encode() == sent


@settings(deadline=None, database=None)
@given(event=events)
def test_the_body_holds_no_number(event: OutboxEvent) -> None:
    numbers: list[str] = []

    def note(text: str) -> str:
        numbers.append(text)
        return text

    json.loads(render_body(event, SENT_AT), parse_int=note, parse_float=note)
    assert numbers == []


@settings(deadline=None, database=None)
@given(event=events, path=texts, query=texts, content=st.sampled_from(["null", "{}", "[]", '"a"']))
def test_no_body_is_a_text_that_an_api_request_signs(
    event: OutboxEvent, path: str, query: str, content: str
) -> None:
    sent = render_body(event, SENT_AT)
    signed = canonical_text(content, path, query).encode("utf-8", "surrogatepass")
    shared = len('{"content":')
    assert set(json.loads(sent)) != {"content", "path", "query"}
    assert sent[:shared] != signed[:shared] == b'{"content":'


@settings(deadline=None, database=None)
@given(event=events)
def test_both_verifiers_accept(event: OutboxEvent) -> None:
    now = datetime.now(UTC)
    sent = render_body(event, now)
    headers = {
        name.lower(): value
        for name, value in render_headers(
            sent, event.event_id, now, consumer_key=CONSUMER_KEY, secret=SECRET
        ).items()
    }
    assert snaptrade_accepts(sent, headers, CONSUMER_KEY, now)
    assert standard_webhooks_accepts(sent, headers, SECRET, now)


@pytest.mark.parametrize("change", ["body", "consumer key", "secret", "age"])
def test_the_verifiers_refuse_what_they_should(change: str) -> None:
    sent = render_body(END, SENT_AT)
    headers = {
        name.lower(): value
        for name, value in render_headers(
            sent, END.event_id, SENT_AT, consumer_key=CONSUMER_KEY, secret=SECRET
        ).items()
    }
    got = sent.replace(b"CONFIRMED", b"TOO_LATE") if change == "body" else sent
    key = "other" if change == "consumer key" else CONSUMER_KEY
    secret = new_secret(b"other") if change == "secret" else SECRET
    now = SENT_AT + timedelta(seconds=301 if change == "age" else 1)
    accepted = snaptrade_accepts(got, headers, key, now), standard_webhooks_accepts(got, headers, secret, now)
    assert accepted == (change == "secret", change == "consumer key")


def test_a_new_secret_is_a_standard_webhooks_secret() -> None:
    assert new_secret(bytes(32)) == "whsec_" + "A" * 43 + "="
