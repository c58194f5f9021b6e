"""The sandbox's controls: move the market, end orders, break the brokerage, read its truth log.

They exist in `nostro sandbox` only and answer to this machine only. What they do is done by the embedded
brokerage itself, in this process or another: `nostro/sim/controls.py`.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import quote, urlencode

import msgspec

from nostro.brokers.transport import Reply, Request, Transport, TransportError
from nostro.domain.errors import InvalidRequest, NotFound, ReadFailed
from nostro.http.call import Answer, Call
from nostro.http.operation import Operation, Who
from nostro.wire.values import encode

_TIMEOUT_S = 10.0

_CONTROLS = (
    ("POST", "/sandbox/quotes", "set_quote", "Set a symbol's best prices"),
    ("POST", "/sandbox/orders/{orderId}/fill", "fill", "Fill an open order, whole or in part"),
    ("POST", "/sandbox/orders/{orderId}/{how}", "end", "End an order: reject, expire or cancel it"),
    ("POST", "/sandbox/clock", "advance", "Move the exchange's clock forward"),
    ("POST", "/sandbox/reset", "reset", "Start the sandbox over"),
    ("GET", "/sandbox/truth", "truth", "Read the exchange's own log"),
    ("GET", "/sandbox/faults", "list_faults", "List the faults in force"),
    ("POST", "/sandbox/faults", "add_fault", "Break the brokerage in a declared way"),
    ("DELETE", "/sandbox/faults", "clear_faults", "Let the brokerage recover"),
)


class _ResetForm(msgspec.Struct, kw_only=True):
    seed: int = 0


class SandboxControls:
    def __init__(self, controls: Transport, reset: Callable[[int], Awaitable[None]]) -> None:
        """`reset` starts nostro and the exchange over, under a seed."""
        self._controls = controls
        self._reset = reset

    def operations(self) -> tuple[Operation, ...]:
        return tuple(
            Operation(
                method=method,
                path=path,
                id=f"Sandbox_{name}",
                summary=summary,
                handler=self.reset if name == "reset" else partial(self._pass_on, method, path),
                who=Who.LOCAL,
                is_hidden=True,
            )
            for method, path, name, summary in _CONTROLS
        )

    async def reset(self, call: Call) -> Answer:
        seed = call.form(_ResetForm).seed
        await self._reset(seed)
        return Answer(body={"detail": "The sandbox is as new.", "seed": seed})

    async def _pass_on(self, method: str, path: str, call: Call) -> Answer:
        target = path.format(**{name: quote(text, safe="") for name, text in call.path.items()})
        if call.query:
            target += f"?{urlencode(call.query)}"
        reply = await tell(self._controls, method, target, call.value)
        return Answer(body=reply.body)


async def tell(controls: Transport, method: str, target: str, document: object) -> Reply:
    """Tell the exchange something; what it refuses is the caller's mistake.

    Raises InvalidRequest with the exchange's sentence, NotFound, ReadFailed.
    """
    body = b"" if document is None else encode(document)
    try:
        reply = await controls.send(Request(method, target, body, operation="control"), _TIMEOUT_S)
    except TransportError as error:
        raise ReadFailed(f"The embedded brokerage does not answer: {error}.") from error
    if reply.status == 404:
        raise NotFound
    if reply.status != 200:
        raise InvalidRequest(msgspec.json.decode(reply.body)["message"])
    return reply
