"""The exchange behind Alpaca's face."""

import contextlib
import json
from typing import Any

from nostro.brokers.transport import Reply, Request, TransportError
from nostro.sim.skins import faces
from tests.sim.market import API_KEY

from .scene import FaceScene

ALPACA = faces()["alpaca"]
ORDER = {
    "symbol": "AAPL",
    "qty": "1",
    "side": "buy",
    "type": "limit",
    "limit_price": "50",
    "time_in_force": "day",
}


class Scene(FaceScene):
    def __init__(self) -> None:
        super().__init__(ALPACA)

    def ask(self, method: str, path: str, form: object = None, *, api_key: str = API_KEY) -> Reply | None:
        """Return the reply; None where none comes."""
        with contextlib.suppress(TransportError):
            return self.send(
                Request(method, path, b"" if form is None else json.dumps(form).encode()), api_key
            )
        return None

    def read(self, path: str, *, api_key: str = API_KEY) -> Any:
        reply = self.ask("GET", path, api_key=api_key)
        assert reply is not None
        return json.loads(reply.body)
