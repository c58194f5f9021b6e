"""What the server gives to a session with a brokerage: a way there, its secrets, a clock, ids, tasks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from nostro.brokers.counted import CountedTransport
from nostro.brokers.doubting import DoubtingTransport
from nostro.brokers.oauth import BearerTransport, Renew, TokenKeeper
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.throttle import ThrottledTransport
from nostro.brokers.ties import Secrets, Ties
from nostro.brokers.transport import Transport
from nostro.ports import Clock, Ids, Tasks

if TYPE_CHECKING:
    from nostro.brokers.http_transport import HttpClient


class Open(Protocol):
    def __call__(
        self,
        headers: Mapping[str, str],
        around: Callable[[Transport], Transport] | None = None,
        *,
        for_tokens: bool = False,
    ) -> Transport:
        """Make a way to the address, within the rate limits, counted. Does no I/O.

        `headers` go with every request. What `around` makes of the way gets a request when it leaves, after
        all waits: there it is signed. A way `for_tokens` leads to where access tokens are given.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    address: str
    """Base URL: the specification's, or another that the operator named."""
    open: Open
    secrets: Secrets
    """The stored credentials, for an adapter that renews them."""
    suspect: Callable[[], None]
    """Call it when the brokerage may not accept the credentials any more; a 401 is noticed without."""
    clock: Clock
    ids: Ids
    tasks: Tasks

    def bear(self, transport: Transport, renew: Renew) -> Transport:
        """Let every request carry an access token, which `renew` gets (`oauth.py`)."""
        keeper = TokenKeeper(self.secrets, renew, self.clock, self.tasks)
        return BearerTransport(transport, keeper, self.clock, self.suspect)


class Wires:
    """Makes the wiring for each brokerage. One pool of connections for all, made when it is first needed."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        *,
        clock: Clock,
        ids: Ids,
        tasks: Tasks,
        sent: Callable[[str, str, str], None],
    ) -> None:
        """`addresses` are by slug, in place of the specifications'.

        `sent` is told of each request: the slug, the operation, and how it ended (`counted.Told`).
        """
        self._addresses = addresses
        self._clock = clock
        self._ids = ids
        self._tasks = tasks
        self._sent = sent
        self._client: HttpClient | None = None

    def __call__(self, spec: BrokerSpec, ties: Ties) -> Wiring:
        named = self._addresses.get(spec.slug)
        address = named or spec.address

        def open_transport(
            headers: Mapping[str, str],
            around: Callable[[Transport], Transport] | None = None,
            *,
            for_tokens: bool = False,
        ) -> Transport:
            tokens = named or spec.token_address or spec.address
            way: Transport = self._pool().transport(tokens if for_tokens else address, headers)
            way = CountedTransport(way, partial(self._sent, spec.slug))
            if around is not None:
                way = around(way)
            doubting = DoubtingTransport(way, spec.doubts, ties.suspect)
            return ThrottledTransport(doubting, spec.rate_limits, self._clock)

        return Wiring(
            address=address,
            open=open_transport,
            secrets=ties.secrets,
            suspect=ties.suspect,
            clock=self._clock,
            ids=self._ids,
            tasks=self._tasks,
        )

    async def close(self) -> None:
        """Drop all connections."""
        if self._client is not None:
            await self._client.close()

    def _pool(self) -> "HttpClient":
        if self._client is None:
            # Imported here: aiohttp takes long to load, and whoever talks to nobody has no use for it.
            from nostro.brokers.http_transport import HttpClient  # noqa: PLC0415

            self._client = HttpClient(self._clock)
        return self._client
