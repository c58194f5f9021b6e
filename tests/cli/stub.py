"""A server that answers every request with the same bytes, and keeps what it was sent."""

import socketserver
import ssl
import threading
from types import TracebackType
from typing import Self


def http_reply(status: int, body: str, content_type: str = "application/json") -> bytes:
    head = (
        f"HTTP/1.1 {status} Whatever\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


class Stub:
    """`reply` empty hangs up without a word."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.reply = b""
        self.received: list[bytes] = []
        stub = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    connection = (
                        self.request if tls is None else tls.wrap_socket(self.request, server_side=True)
                    )
                except OSError:  # the client did not trust us
                    return
                with connection:
                    stub.received.append(connection.recv(65536))
                    connection.sendall(stub.reply)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
