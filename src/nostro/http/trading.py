"""Handlers that trade: cancel in all its generations, place, preview, replace."""

from nostro.domain.cancel import CancelIntent, CancelState
from nostro.domain.errors import NotFound
from nostro.domain.ids import BrokerageOrderId, CancelId, is_uuid
from nostro.http.call import Answer, Call, preferred_wait_s
from nostro.wire.cancel import canceled_order, render_cancel, render_receipt
from nostro.wire.errors import render_cancel_error
from nostro.wire.forms import CancelForm
from nostro.wire.orders_v1 import render_order, render_updated

_DONE = frozenset({CancelState.CONFIRMED, CancelState.ACKED})


async def cancel_order(call: Call) -> Answer:
    """The contract's cancel."""
    intent = await _cancel(call, call.form(CancelForm).brokerage_order_id)
    if intent.state not in _DONE:
        return _not_done(intent)
    return Answer(body=render_cancel(intent))


async def cancel_order_to_record(call: Call) -> Answer:
    """The first two generations: the answer is the order's record."""
    intent = await _cancel(call, call.form(CancelForm).brokerage_order_id)
    order = canceled_order(intent)
    if intent.state not in _DONE or order is None:
        return _not_done(intent)
    return Answer(body=render_order(order))


async def cancel_order_by_path(call: Call) -> Answer:
    """The third generation: the id stands in the path, the record inside the answer."""
    intent = await _cancel(call, call.path["brokerageOrderId"])
    order = canceled_order(intent)
    if intent.state not in _DONE or order is None:
        return _not_done(intent)
    return Answer(body=render_updated(order))


async def _cancel(call: Call, order_id: str) -> CancelIntent:
    target = await call.account()
    wait_s = preferred_wait_s(call.headers)
    return await call.do.cancel(call.owner, target, BrokerageOrderId(order_id), wait_s)


def _not_done(intent: CancelIntent) -> Answer:
    row, body = render_cancel_error(intent)
    headers = ((b"retry-after", b"1"),) if row.status == 503 else ()
    return Answer(body=body, status=row.status, headers=headers)


async def get_cancellation(call: Call) -> Answer:
    """The receipt of one cancel."""
    cancel_id = call.path["cancelId"].lower()
    found = await call.do.journal.receipt(call.owner, CancelId(cancel_id)) if is_uuid(cancel_id) else None
    if found is None:
        raise NotFound
    intent, evidence = found
    return Answer(body=render_receipt(intent, evidence))
