"""Brokerage sessions: one per connection, opened on first use."""

from nostro.brokers.port import Broker
from nostro.brokers.registry import Registry
from nostro.brokers.spec import BrokerSpec
from nostro.domain.connection import Connection, ConnectionType
from nostro.domain.errors import ConnectionDisabled, ConnectionReadOnly, NotFound
from nostro.domain.ids import ConnectionId
from nostro.storage.port import Connections


class Sessions:
    def __init__(self, registry: Registry, connections: Connections) -> None:
        self._registry = registry
        self._connections = connections
        self._open: dict[ConnectionId, Broker] = {}

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
        broker = self._open.get(connection.connection_id)
        if broker is None:
            credentials = await self._connections.credentials(connection.connection_id)
            kind = self._registry.find(connection.broker_slug)
            if kind is None or credentials is None:
                raise NotFound
            broker = self._open[connection.connection_id] = self._registry.open(kind, credentials)
        return broker

    async def trading(self, connection: Connection) -> Broker:
        """Open a session to place and cancel with; raises ConnectionDisabled, ConnectionReadOnly."""
        broker = await self.reading(connection)
        if connection.type is not ConnectionType.TRADE:
            raise ConnectionReadOnly
        return broker

    def forget(self, connection_id: ConnectionId) -> None:
        """Drop the session of a connection that is gone."""
        self._open.pop(connection_id, None)

    def forget_all(self) -> None:
        self._open.clear()
