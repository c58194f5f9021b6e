"""What most HTTP brokerages have in common: a change is sent once, and few replies prove anything.

    no byte left                        NotSent
    no reply, in time or at all         CancelUnknown
    401, 408, 425, 429, 5xx             CancelUnknown, whatever the body says
    every other reply                   for the adapter to judge, by its vendor's documents

An adapter whose vendor documents more about one of these statuses judges that status itself.
"""

from collections.abc import Mapping

from nostro.brokers.transport import NeverSent, NoReply, Reply, Request, TimedOut, Transport, TransportError
from nostro.domain.cancel import CancelUnknown, NotSent, NotSentCause, UnknownCause
from nostro.domain.errors import ReadFailed

UNPROVEN: Mapping[int, UnknownCause] = {
    401: UnknownCause.AUTH_REFUSED,
    408: UnknownCause.TIMEOUT,
    425: UnknownCause.SERVER_ERROR,
    429: UnknownCause.RATE_LIMITED,
}


async def change(transport: Transport, request: Request, timeout_s: float) -> Reply | CancelUnknown | NotSent:
    """Send a request that changes something, once; return its reply where that can prove anything."""
    try:
        reply = await transport.send(request, timeout_s)
    except NeverSent as error:
        return NotSent(cause=NotSentCause.CONNECT_FAILED, message=str(error))
    except TimedOut as error:
        return CancelUnknown(cause=UnknownCause.TIMEOUT, message=str(error))
    except NoReply as error:
        return CancelUnknown(cause=UnknownCause.CONNECTION_LOST, message=str(error))
    cause = UnknownCause.SERVER_ERROR if reply.status >= 500 else UNPROVEN.get(reply.status)
    if cause is None:
        return reply
    return CancelUnknown(cause=cause, message=f"the brokerage answered {reply.status}")


async def fetch(transport: Transport, request: Request, timeout_s: float) -> bytes:
    """Read something; return the body of a 200. Raises ReadFailed for everything else."""
    try:
        reply = await transport.send(request, timeout_s)
    except TransportError as error:
        raise ReadFailed(str(error)) from error
    if reply.status == 401:
        raise ReadFailed("the brokerage does not accept these credentials")
    if reply.status != 200:
        raise ReadFailed(f"the brokerage answered {reply.status}")
    return reply.body
