"""The wiring of a session that asks what a test says."""

from collections.abc import Callable, Mapping

from nostro.brokers.ties import LooseSecrets
from nostro.brokers.transport import Transport
from nostro.brokers.wiring import Wiring
from nostro.ports import Clock, Ids, SystemClock, SystemIds, Tasks


def wired(
    transport: Transport,
    *,
    address: str = "",
    clock: Clock | None = None,
    ids: Ids | None = None,
    secrets: LooseSecrets | None = None,
    suspect: Callable[[], None] = lambda: None,
    opened: Callable[[Mapping[str, str]], None] = lambda _headers: None,
    tokens: Transport | None = None,
) -> Wiring:
    """Wire `transport`; `opened` is told which headers go with every request.

    `tokens` is the way to where access tokens are given; `transport` where there is none.
    """

    def open_transport(
        headers: Mapping[str, str],
        around: Callable[[Transport], Transport] | None = None,
        *,
        for_tokens: bool = False,
    ) -> Transport:
        opened(headers)
        way = tokens if for_tokens and tokens is not None else transport
        return way if around is None else around(way)

    return Wiring(
        address=address,
        open=open_transport,
        secrets=secrets or LooseSecrets({}),
        suspect=suspect,
        clock=clock or SystemClock(),
        ids=ids or SystemIds(),
        tasks=Tasks(),
    )
