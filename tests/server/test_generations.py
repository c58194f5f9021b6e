"""All generations of cancel are one cancel: same states, same journal, each with its own answer."""

from collections.abc import Callable

import pytest

from .world import ACCOUNT, ORDER, Reply, Server

PREFIXES = ["", "/api/v1"]


def first(server: Server, prefix: str, order_id: str) -> Reply:
    body = {"brokerage_order_id": order_id}
    return server.call("POST", f"{prefix}/accounts/{ACCOUNT}/orders/cancel", body)


def second(server: Server, prefix: str, order_id: str) -> Reply:
    body = {"brokerage_order_id": order_id}
    return server.call("POST", f"{prefix}/accounts/{ACCOUNT}/trading/crypto/spot/cancelOrder", body)


def third(server: Server, prefix: str, order_id: str) -> Reply:
    return server.call("POST", f"{prefix}/accounts/{ACCOUNT}/trading/simple/{order_id}/cancel")


def fourth(server: Server, prefix: str, order_id: str) -> Reply:
    body = {"brokerage_order_id": order_id}
    return server.call("POST", f"{prefix}/accounts/{ACCOUNT}/trading/cancel", body)


Cancel = Callable[[Server, str, str], Reply]
GENERATIONS: list[Cancel] = [first, second, third, fourth]


def record(reply: Reply) -> dict[str, object]:
    found: dict[str, object] = reply.body.get("order") or reply.body
    return found


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_generation_cancels_under_both_prefixes(
    sandbox: Server, prefix: str, generation: Cancel
) -> None:
    reply = generation(sandbox, prefix, ORDER)
    assert reply.status == 200
    assert record(reply)["brokerage_order_id"] == ORDER
    assert record(reply)["status"] == "CANCELED"
    assert sandbox.true_status(ORDER) == "canceled"


@pytest.mark.parametrize("generation", [first, second, third])
def test_an_old_generation_answers_the_orders_record(sandbox: Server, generation: Cancel) -> None:
    found = record(generation(sandbox, "", ORDER))
    assert (found["total_quantity"], found["canceled_quantity"], found["action"]) == ("10", "10", "BUY")


@pytest.mark.parametrize("generation", [first, second, third])
def test_an_old_generation_shows_an_acknowledged_cancel_as_pending(
    sandbox: Server, generation: Cancel
) -> None:
    sandbox.fault("ack_only", order_id=ORDER)
    assert record(generation(sandbox, "", ORDER))["status"] == "CANCEL_PENDING"


@pytest.mark.parametrize("generation", GENERATIONS)
def test_too_late_is_a_400_in_every_generation(sandbox: Server, generation: Cancel) -> None:
    sandbox.control("POST", f"/orders/{ORDER}/fill", {})
    reply = generation(sandbox, "", ORDER)
    assert (reply.status, reply.body["code"], reply.body["order"]["status"]) == (400, "7040", "EXECUTED")


def test_all_generations_share_one_intent(sandbox: Server) -> None:
    sandbox.fault("ack_only", order_id=ORDER)
    for generation in GENERATIONS:
        assert generation(sandbox, "", ORDER).status == 200
    assert sandbox.cancels_received(ORDER) == 1
