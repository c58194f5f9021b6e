"""uvicorn's HTTP protocol with the limits it lacks: whoever is slow to send or to read costs a timer.

The body has its own deadline and cap, in `gateway.py`. What the gateway sheds is refused by its head alone:
that must cost next to nothing, or the refused take what the others need.
"""

import asyncio
import socket
import struct
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from nostro.domain.errors import InvalidRequest, Overloaded, Refusal
from nostro.http.gateway import Gateway
from nostro.wire.errors import render_error

HEAD_TIMEOUT_S = 10.0
"""How long a request line and its headers may take to arrive."""

WRITE_TIMEOUT_S = 10.0
"""How long an answer may wait for a client that does not read it."""

HEAD_BYTES_MAX = 32 * 1024

_RESET = struct.pack("ii", 1, 0)
"""Closing then resets the connection (socket(7), SO_LINGER)."""


class GuardedProtocol(HttpToolsProtocol):
    """Closes a connection whose request head is late or too large, or whose client does not read.

    Words a broken request as JSON.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._write_timer: asyncio.TimerHandle | None = None
        self._is_shed = False
        self._running: RequestResponseCycle | None = None

    def connection_made(  # type: ignore[override]  # as in uvicorn
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # so that we hear of the first byte that cannot leave
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_timer is None:
            return
        self._head_bytes += len(data)  # the head is still not whole
        if self._head_bytes > HEAD_BYTES_MAX:
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._stop_timer()
        assert isinstance(self.app, Gateway)
        is_its_turn = self.cycle is None or self.cycle.response_complete
        path = self.url.partition(b"?")[0].decode("latin-1")
        self._is_shed = is_its_turn and self.app.sheds(self.parser.get_method().decode("latin-1"), path)
        if not self._is_shed:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._is_shed:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._is_shed:
            super().on_message_complete()
            return
        self._is_shed = False
        self.transport.write(_OVERLOADED)
        if not self.parser.should_keep_alive():
            self.transport.close()
        self.on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._stop_write_timer()
        self._end_cycles()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(WRITE_TIMEOUT_S, self._give_up)

    def resume_writing(self) -> None:
        self._stop_write_timer()
        super().resume_writing()

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_bytes = 0
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._end_cycles()
        # Else the kernel would keep for the client what it does not read.
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()  # `close` would wait for the client, too

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _end_cycles(self) -> None:
        """Let nothing more be written: uvicorn tells the newest request alone that its client is gone."""
        for cycle in (self._running, *(each for each, _ in self.pipeline)):
            if cycle is not None:
                cycle.disconnected = True

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be parsed; uvicorn would send plain text."""
        self.transport.write(_render(InvalidRequest(msg), "Bad Request", "connection: close"))
        self.transport.close()


def _render(refusal: Refusal, phrase: str, header: str) -> bytes:
    """Write a whole answer."""
    row, body = render_error(refusal)
    content = msgspec.json.encode(body)
    head = (
        f"HTTP/1.1 {row.status} {phrase}\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
        f"content-length: {len(content)}\r\n{header}\r\n\r\n"
    )
    return head.encode() + content


_OVERLOADED = _render(Overloaded(), "Service Unavailable", "retry-after: 1")
