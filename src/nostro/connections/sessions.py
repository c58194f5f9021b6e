"""Brokerage sessions: one per connection, opened on first use.

A session whose brokerage may not accept its credentials any more is doubted: it lists its accounts, a few
times. Where the brokerage refuses that each time, and only there, the connection is disabled and its partner
told. No answer to a cancel alone does that, and a brokerage that does not answer does not either.
"""

from dataclasses import dataclass
from functools import partial

import structlog

from nostro.brokers.port import Broker
from nostro.brokers.registry import Registry
from nostro.brokers.spec import BrokerSpec
from nostro.brokers.ties import Ties
from nostro.connections.secrets import StoredSecrets
from nostro.domain.connection import Connection, ConnectionType
from nostro.domain.errors import AccessRefused, ConnectionDisabled, ConnectionReadOnly, NotFound, Refusal
from nostro.domain.ids import ConnectionId
from nostro.ports import Clock, Tasks
from nostro.storage.port import Connections

REFUSALS = 3
"""How often the brokerage must refuse to list accounts before it is believed."""

RETRY_S = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Session:
    broker: Broker
    generation: int


class Sessions:
    def __init__(self, registry: Registry, connections: Connections, clock: Clock, tasks: Tasks) -> None:
        self._registry = registry
        self._connections = connections
        self._clock = clock
        self._tasks = tasks
        self._open: dict[ConnectionId, _Session] = {}
        self._doubted: set[ConnectionId] = set()
        self._refused: dict[ConnectionId, int] = {}
        """Which generation of credentials the brokerage is known to refuse: there is nothing to examine."""

    def spec(self, connection: Connection) -> BrokerSpec:
        """Describe the brokerage of a connection.

        Raises NotFound when this server does not have its adapter.
        """
        kind = self._registry.find(connection.broker_slug)
        if kind is None:
            raise NotFound(f"This server has no adapter for {connection.broker_slug}.")
        return kind.spec

    async def reading(self, connection: Connection) -> Broker:
        """Open a session to read with; raises ConnectionDisabled."""
        if connection.disabled_at is not None:
            raise ConnectionDisabled
        return await self.looking(connection)

    async def looking(self, connection: Connection) -> Broker:
        """Open a session to end open cancels with: also while the connection is disabled otherwise."""
        session = self._open.get(connection.connection_id)
        if session is None or session.generation < connection.generation:
            held = await self._connections.credentials(connection.connection_id)
            kind = self._registry.find(connection.broker_slug)
            if kind is None or held is None:
                raise NotFound
            ties = Ties(
                secrets=StoredSecrets(self._connections, connection.connection_id),
                suspect=partial(self._suspect, connection),
            )
            session = _Session(self._registry.open(kind, held, ties), connection.generation)
            self._open[connection.connection_id] = session
        return session.broker

    async def trading(self, connection: Connection) -> Broker:
        """Open a session to place and cancel with; raises ConnectionDisabled, ConnectionReadOnly."""
        broker = await self.reading(connection)
        if connection.type is not ConnectionType.TRADE:
            raise ConnectionReadOnly
        return broker

    def _suspect(self, connection: Connection) -> None:
        is_known = self._refused.get(connection.connection_id) == connection.generation
        if not is_known and connection.connection_id not in self._doubted:
            self._doubted.add(connection.connection_id)
            self._tasks.start(self._examine(connection), name=f"examine {connection.connection_id}")

    async def _examine(self, connection: Connection) -> None:
        """Disable the connection if its brokerage does not accept its credentials."""
        try:
            if not await self._is_refused(connection):
                return
            is_changed = await self._connections.set_disabled(connection, self._clock.now())
            self.forget(connection.connection_id)
            self._refused[connection.connection_id] = connection.generation
            if is_changed:
                log.warning("connection_broken", connection_id=connection.connection_id)
        except Refusal:  # no database now, or the connection is gone; the next refusal brings the next doubt
            log.exception("connection_not_examined", connection_id=connection.connection_id)
        finally:
            self._doubted.discard(connection.connection_id)

    async def _is_refused(self, connection: Connection) -> bool:
        broker = await self.looking(connection)
        for attempt in range(REFUSALS):
            if attempt:
                await self._clock.sleep(RETRY_S)
            try:
                await broker.list_accounts()
            except AccessRefused:
                continue
            except Refusal:
                return False
            return False
        return True

    def forget(self, connection_id: ConnectionId) -> None:
        """Drop the session of a connection that is gone."""
        self._open.pop(connection_id, None)
        self._refused.pop(connection_id, None)

    def forget_all(self) -> None:
        self._open.clear()
        self._refused.clear()
