"""The embedded brokerage behind a socket: one face of it and its controls as plain HTTP/1.1.

Requests name their customer as the face says. A key that begins with `open-` opens an account when it is
first used. Controls (`controls.py`) answer to this machine only. The server writes its bytes itself, so
that a `Delivery` can be carried out to the letter: closed, reset, late, dripping.
"""

import asyncio
import socket
from decimal import Decimal
from hashlib import sha256
from http import HTTPStatus
from ipaddress import ip_address

from nostro.brokers.transport import Reply, Request
from nostro.sim.controls import PREFIX, Controls
from nostro.sim.exchange import Exchange
from nostro.sim.faults import FaultPlan
from nostro.sim.native import failure
from nostro.sim.refusals import Refused
from nostro.sim.sockets import Listening, reset
from nostro.sim.venue import Delivery, EmbeddedVenue

OPENING_KEY = "open-"
OPENING_CASH = Decimal(1_000_000)

_DRIP_S = 1.0
_BODY_BYTES_MAX = 1024 * 1024


class SimServer:
    def __init__(
        self, exchange: Exchange, faults: FaultPlan, venue: EmbeddedVenue, controls: Controls
    ) -> None:
        self._exchange = exchange
        self._faults = faults
        self._venue = venue
        self._controls = controls
        self._listening = Listening(self._serve)

    async def start(self, listener: socket.socket) -> None:
        """Serve what connects to `listener`."""
        await self._listening.start(listener)

    async def stop(self) -> None:
        """Close the port and reset what is under way."""
        await self._listening.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                if not await self._answer(request, reader, writer):
                    break
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass  # the other side is gone, or does not speak HTTP

    async def _answer(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; False when its connection ends with it."""
        if request.path.startswith(PREFIX):
            reply = failure(404, "unknown_route", "There is no such route.")
            if _is_local(writer):
                reply = self._controls.answer(request)
            return await _say(reply, writer)
        face = self._venue.face
        try:
            api_key = face.customer(request, self._exchange.now())
        except Refused as refused:
            return await _say(face.refuse(refused), writer)
        self._welcome(api_key)
        return await self._carry_out(self._venue.receive(api_key, request), reader, writer)

    def _welcome(self, api_key: str) -> None:
        if api_key.startswith(OPENING_KEY) and not self._exchange.accounts(api_key):
            number = f"PAPER-{sha256(api_key.encode()).hexdigest()[:8].upper()}"
            self._exchange.open_account(number, OPENING_CASH, owner=api_key)

    async def _carry_out(
        self, delivery: Delivery, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if delivery.is_refused or delivery.resets:
            reset(writer)
            return False
        if delivery.hangs:
            await self._faults.hold(delivery.delay_s, is_gone=reader.at_eof)
        reply = delivery.reply
        if reply is None or reader.at_eof():
            return False
        self._venue.delivered(delivery)
        if not delivery.drips:
            return await _say(reply, writer, delivery.headers)
        writer.write(_head(reply, delivery.headers))
        for index in range(len(reply.body)):
            await self._faults.hold(_DRIP_S, is_gone=reader.at_eof)
            if reader.at_eof():
                return False
            writer.write(reply.body[index : index + 1])
            await writer.drain()
        return True


async def _say(reply: Reply, writer: asyncio.StreamWriter, more: tuple[tuple[str, str], ...] = ()) -> bool:
    writer.write(_head(reply, more) + reply.body)
    await writer.drain()
    return True


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """Read one request, header names in lower case; None at the end of the connection.

    Raises ValueError for what is none.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    first, *rest = head.decode("latin-1").split("\r\n")[:-2]
    method, path, _version = first.split(" ")
    fields = (line.split(":", 1) for line in rest)
    headers = {name.lower(): value.strip() for name, value in fields}
    size = int(headers.get("content-length", "0"))
    if not 0 <= size <= _BODY_BYTES_MAX or "transfer-encoding" in headers:
        raise ValueError("a request whose body has no usable length")
    return Request(method, path, await reader.readexactly(size), headers=headers)


def _head(reply: Reply, more: tuple[tuple[str, str], ...]) -> bytes:
    """Write the first line and the headers; what the reply brings itself goes before what is usual."""
    usual = {"content-type": "application/json", "content-length": str(len(reply.body))}
    headers = {**({} if reply.status == HTTPStatus.NO_CONTENT else usual), **reply.headers}
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        *(f"{name.title()}: {value}" for name, value in headers.items()),
        *(f"{name}: {value}" for name, value in more),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _is_local(writer: asyncio.StreamWriter) -> bool:
    return ip_address(writer.get_extra_info("peername")[0]).is_loopback
