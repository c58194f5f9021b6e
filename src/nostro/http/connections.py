"""Handlers for connections (SnapTrade: brokerage authorizations)."""

from nostro.domain.connection import Connection, ConnectionType
from nostro.http.call import Answer, Call
from nostro.wire.connections import (
    BrokerageAuthorization,
    render_brokerage,
    render_connection,
    render_deleted,
    render_disabled,
    render_refreshed,
)
from nostro.wire.forms import ConnectForm


async def list_connections(call: Call) -> Answer:
    connections = await call.do.connections.list(call.owner)
    return Answer(body=[_record(call, connection) for connection in connections])


async def get_connection(call: Call) -> Answer:
    return Answer(body=_record(call, await call.do.connections.get(call.owner, _id(call))))


async def connect(call: Call) -> Answer:
    form = call.form(ConnectForm)
    connection = await call.do.connections.connect(
        call.owner, form.brokerage.upper(), form.credentials, ConnectionType(form.type)
    )
    return Answer(body=_record(call, connection))


async def refresh_connection(call: Call) -> Answer:
    connection = await call.do.connections.refresh(call.owner, _id(call))
    return Answer(body=render_refreshed(connection.connection_id))


async def disable_connection(call: Call) -> Answer:
    await call.do.connections.disable(call.owner, _id(call))
    return Answer(body=render_disabled(_id(call)))


async def delete_connection(call: Call) -> Answer:
    await call.do.connections.delete(call.owner, _id(call))
    return Answer(body=render_deleted(_id(call)))


async def delete_authorization(call: Call) -> Answer:
    """The form before July 2026: the same, answered without a body."""
    await call.do.connections.delete(call.owner, _id(call))
    return Answer(body=b"", status=204)


def _id(call: Call) -> str:
    return call.path.get("authorizationId") or call.path["connectionId"]


def _record(call: Call, connection: Connection) -> BrokerageAuthorization:
    spec = call.do.sessions.spec(connection)
    return render_connection(connection, render_brokerage(spec, logo_url(call, spec.slug)))


def logo_url(call: Call, slug: str) -> str:
    """Where this server draws the brokerage's initials."""
    return f"{call.base_url}/logos/{slug.lower()}.svg"
