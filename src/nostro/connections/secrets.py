"""The stored credentials of one connection, as its session sees them."""

from collections.abc import Mapping

from nostro.brokers.ties import SecretsLost
from nostro.domain.errors import StoreFailed
from nostro.domain.ids import ConnectionId
from nostro.storage.port import Connections


class StoredSecrets:
    """See `brokers.ties.Secrets`."""

    def __init__(self, connections: Connections, connection_id: ConnectionId) -> None:
        self._connections = connections
        self._connection_id = connection_id

    async def read(self) -> Mapping[str, str]:
        try:
            return _known(await self._connections.credentials(self._connection_id))
        except StoreFailed as error:
            raise SecretsLost from error

    async def replace(self, held: Mapping[str, str], values: Mapping[str, str]) -> Mapping[str, str]:
        try:
            return _known(await self._connections.keep(self._connection_id, held, values))
        except StoreFailed as error:
            raise SecretsLost from error


def _known(held: Mapping[str, str] | None) -> Mapping[str, str]:
    if held is None:
        raise SecretsLost
    return held
