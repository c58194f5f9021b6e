"""uvicorn's HTTP protocol with the limits it lacks: a slow or endless head costs a timer and few bytes.

The body has its own deadline and cap, in `gateway.py`.
"""

import asyncio
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from nostro.domain.errors import InvalidRequest
from nostro.wire.errors import render_error

HEAD_TIMEOUT_S = 10.0
"""How long a request line and its headers may take to arrive."""

HEAD_BYTES_MAX = 32 * 1024


class GuardedProtocol(HttpToolsProtocol):
    """Closes a connection whose request head is late or too large, and words a broken one as JSON."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(  # type: ignore[override]  # as in uvicorn
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
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
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_bytes = 0
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be parsed; uvicorn would send plain text."""
        row, body = render_error(InvalidRequest(msg))
        content = msgspec.json.encode(body)
        head = (
            f"HTTP/1.1 {row.status} Bad Request\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + content)
        self.transport.close()
