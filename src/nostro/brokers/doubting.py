"""A transport that says when a reply lets one doubt that the credentials are accepted still."""

import re
from collections.abc import Callable

from nostro.brokers.transport import Reply, Request, Transport


class DoubtingTransport:
    """See `Transport`."""

    def __init__(
        self, transport: Transport, doubts: re.Pattern[bytes] | None, suspect: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._doubts = doubts
        self._suspect = suspect

    async def send(self, request: Request, timeout_s: float) -> Reply:
        reply = await self._transport.send(request, timeout_s)
        if reply.status == 401 or (self._doubts is not None and self._doubts.search(reply.body)):
            self._suspect()
        return reply
