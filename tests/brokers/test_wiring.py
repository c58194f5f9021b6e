"""Where a session's requests go."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from nostro.brokers.ties import LooseSecrets, loose
from nostro.brokers.tradier.spec import SPEC
from nostro.brokers.transport import Request
from nostro.brokers.wiring import Wires
from nostro.ports import SystemClock, SystemIds, Tasks

API, TOKENS, ELSEWHERE = "api", "tokens", "elsewhere"


@pytest.mark.parametrize(
    ("has_token_address", "is_led_elsewhere", "reached"),
    [
        (False, False, (API, API)),
        (True, False, (API, TOKENS)),
        (False, True, (ELSEWHERE, ELSEWHERE)),
        (True, True, (ELSEWHERE, ELSEWHERE)),
    ],
)
def test_tokens_are_asked_for_at_their_own_address_and_an_operator_leads_both(
    *, has_token_address: bool, is_led_elsewhere: bool, reached: tuple[str, str]
) -> None:
    seen = asyncio.run(_reach(has_token_address=has_token_address, is_led_elsewhere=is_led_elsewhere))
    assert seen == reached


async def _reach(*, has_token_address: bool, is_led_elsewhere: bool) -> tuple[str, str]:
    names = (API, TOKENS, ELSEWHERE)
    servers = {name: await asyncio.start_server(_tells(name), "127.0.0.1") for name in names}
    urls = {name: f"http://127.0.0.1:{each.sockets[0].getsockname()[1]}" for name, each in servers.items()}
    spec = replace(SPEC, address=urls[API], token_address=urls[TOKENS] if has_token_address else "")
    wires = Wires(
        {SPEC.slug: urls[ELSEWHERE]} if is_led_elsewhere else {},
        clock=SystemClock(),
        ids=SystemIds(),
        tasks=Tasks(),
        sent=lambda *_told: None,
    )
    wiring = wires(spec, loose(LooseSecrets({})))
    replies = [
        await way.send(Request("GET", "/", operation="read"), 5.0)
        for way in (wiring.open({}), wiring.open({}, for_tokens=True))
    ]
    await wires.close()
    for each in servers.values():
        each.close()
    first, second = (reply.body.decode() for reply in replies)
    return first, second


def _tells(name: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(name)}\r\n\r\n"
        writer.write(f"{head}{name}".encode())
        await writer.drain()
        writer.close()

    return answer
