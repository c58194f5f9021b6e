"""Connections in the store: renewed credentials replace those that were read, and changes are told once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from nostro.domain.connection import Connection
from nostro.domain.event import ConnectionChange, ConnectionEvent
from nostro.storage.outbox_port import OutboxEvent
from nostro.wire.webhooks import render_body

from .desk import CONNECTION, OWNER, T0, Desk

Run = Callable[[Callable[[Desk], Awaitable[Any]]], Any]


async def connection_of(desk: Desk) -> Connection:
    found = await desk.connections.get(OWNER, CONNECTION)
    assert found is not None
    return found


def changes(events: list[OutboxEvent]) -> list[tuple[ConnectionChange, int]]:
    return [
        (each.event.change, each.event.generation)
        for each in events
        if isinstance(each.event, ConnectionEvent)
    ]


def test_renewed_credentials_replace_those_that_were_read_and_no_others(run_on_both: Run) -> None:
    async def work(desk: Desk) -> list[str]:
        held = await desk.connections.credentials(CONNECTION)
        assert held is not None
        first = await desk.connections.keep(CONNECTION, held, {"token": "first"})
        second = await desk.connections.keep(CONNECTION, held, {"token": "second"})
        assert first is not None
        assert second is not None
        third = await desk.connections.keep(CONNECTION, second, {"token": "third"})
        assert third is not None
        return [each["token"] for each in (first, second, third)]

    assert run_on_both(work) == ["first", "first", "third"]


def test_a_connection_is_disabled_once_and_not_for_credentials_that_it_has_no_more(run_on_both: Run) -> None:
    async def work(desk: Desk) -> None:
        await desk.listen()
        old = await connection_of(desk)
        assert await desk.connections.set_disabled(old, T0)
        assert not await desk.connections.set_disabled(old, T0)
        await desk.connections.renew(replace(old, generation=2), {"token": "new"}, [])
        assert not await desk.connections.set_disabled(old, T0)
        new = await connection_of(desk)
        assert (new.generation, new.disabled_at) == (2, None)
        await desk.connections.renew(replace(new, generation=3), {"token": "newer"}, [])
        told = changes(await desk.told())
        assert sorted(told) == [(ConnectionChange.BROKEN, 1), (ConnectionChange.FIXED, 2)]

    run_on_both(work)


def test_the_body_names_the_connection_and_no_account(run_on_both: Run) -> None:
    async def work(desk: Desk) -> bytes:
        await desk.listen()
        await desk.connections.set_disabled(await connection_of(desk), T0)
        return render_body((await desk.told())[0], T0)

    body = run_on_both(work)
    assert body.startswith(b'{"brokerageAuthorizationId":"' + CONNECTION.encode() + b'"')
    assert b'"eventType":"CONNECTION_BROKEN"' in body
    assert b"accountId" not in body
