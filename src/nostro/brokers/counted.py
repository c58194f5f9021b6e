"""A transport that tells of every request it sends."""

from collections.abc import Callable

from nostro.brokers.transport import NeverSent, Reply, Request, Transport

Told = Callable[[str, str], None]
"""Called with the request's operation, and with `replied`, `no_reply` or `never_sent`."""


class CountedTransport:
    """See `Transport`."""

    def __init__(self, transport: Transport, told: Told) -> None:
        self._transport = transport
        self._told = told

    async def send(self, request: Request, timeout_s: float) -> Reply:
        outcome = "no_reply"  # also where the task is cancelled: some of it may have left
        try:
            reply = await self._transport.send(request, timeout_s)
            outcome = "replied"
        except NeverSent:
            outcome = "never_sent"
            raise
        finally:
            self._told(request.operation, outcome)
        return reply
