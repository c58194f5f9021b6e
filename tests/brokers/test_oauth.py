"""Access tokens: when they are used, renewed, shared, kept and given up."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeVar

import pytest

from nostro.brokers.oauth import BearerTransport, GrantRefused, TokenKeeper
from nostro.brokers.ties import LooseSecrets, SecretsLost
from nostro.brokers.transport import CredentialsRefused, NeverSent, NoReply, Reply, Request
from nostro.ports import Tasks
from tests.brokers.scripted import Scripted
from tests.sim.market import ToldClock

T = TypeVar("T")
CHANGE = Request("DELETE", "/orders/1", operation="cancel")
READ = Request("GET", "/orders/1", operation="look_up")
OK, UNAUTHORIZED = Reply(200, b"{}"), Reply(401, b"")


class Brokerage:
    """Gives out the tokens `t1`, `t2` and so on, each good for half an hour."""

    def __init__(self, clock: ToldClock) -> None:
        self.clock = clock
        self.asked: list[Mapping[str, str]] = []
        self.refuses: Exception | None = None
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def renew(self, values: Mapping[str, str]) -> Mapping[str, str]:
        self.asked.append(values)
        number = len(self.asked)
        await self.goes_on.wait()
        if self.refuses is not None:
            raise self.refuses
        ends = self.clock.now() + timedelta(minutes=30)
        return {"access_token": f"t{number}", "expires_at": ends.isoformat(), "refresh_token": f"r{number}"}


class Desk:
    def __init__(self, secrets: LooseSecrets | None = None) -> None:
        self.clock = ToldClock()
        self.brokerage = Brokerage(self.clock)
        self.secrets = secrets or LooseSecrets({"refresh_token": "r0"})
        self.doubts = 0

    def keeper(self) -> TokenKeeper:
        return TokenKeeper(self.secrets, self.brokerage.renew, self.clock, Tasks())

    def transport(self, *answers: Reply | Exception) -> tuple[BearerTransport, Scripted]:
        scripted = Scripted(*answers)
        return BearerTransport(scripted, self.keeper(), self.clock, self.doubt), scripted

    def doubt(self) -> None:
        self.doubts += 1


class Lost(LooseSecrets):
    """A store that takes nothing for a while."""

    is_lost = True

    async def replace(self, held: Mapping[str, str], values: Mapping[str, str]) -> Mapping[str, str]:
        if self.is_lost:
            raise SecretsLost
        return await super().replace(held, values)


def run(work: Callable[[Desk], Awaitable[T]], secrets: LooseSecrets | None = None) -> T:
    async def inner() -> T:
        return await work(Desk(secrets))

    return asyncio.run(inner())


def test_all_who_wait_share_one_renewal_and_its_token_is_stored_and_used_until_a_minute_before_its_end() -> (
    None
):
    async def work(desk: Desk) -> list[str]:
        keeper = desk.keeper()
        tokens = list(await asyncio.gather(*(keeper.token() for _ in range(5))))
        await desk.clock.sleep(29 * 60 - 1)
        tokens.append(await keeper.token())
        assert len(desk.brokerage.asked) == 1
        await desk.clock.sleep(2)
        return [*tokens, await keeper.token(), desk.secrets.held["refresh_token"]]

    assert run(work) == ["t1"] * 6 + ["t2", "r2"]


def test_another_session_takes_the_stored_token_and_asks_for_none() -> None:
    async def work(desk: Desk) -> tuple[str, str, int]:
        first, second = desk.keeper(), desk.keeper()
        return await first.token(), await second.token(), len(desk.brokerage.asked)

    assert run(work) == ("t1", "t1", 1)


def test_who_comes_second_with_a_token_of_single_use_takes_what_the_first_stored() -> None:
    async def work(desk: Desk) -> str:
        desk.brokerage.refuses = GrantRefused("invalid_grant")
        desk.brokerage.goes_on.clear()
        waiting = asyncio.create_task(desk.keeper().token())
        await asyncio.sleep(0.01)
        ends = (desk.clock.now() + timedelta(minutes=30)).isoformat()
        fresh = {"access_token": "theirs", "expires_at": ends, "refresh_token": "r9"}
        await desk.secrets.replace(desk.secrets.held, fresh)
        desk.brokerage.goes_on.set()
        return await waiting

    assert run(work) == "theirs"


def test_a_refused_grant_sends_nothing_and_doubts_the_credentials() -> None:
    async def work(desk: Desk) -> None:
        desk.brokerage.refuses = GrantRefused("invalid_grant")
        transport, sent = desk.transport(OK)
        with pytest.raises(CredentialsRefused, match="invalid_grant"):
            await transport.send(CHANGE, 5.0)
        assert (sent.requests, desk.doubts) == ([], 1)

    run(work)


def test_a_token_endpoint_that_does_not_answer_sends_nothing_and_doubts_nothing() -> None:
    async def work(desk: Desk) -> None:
        desk.brokerage.refuses = NoReply("connection lost")
        transport, sent = desk.transport(OK)
        with pytest.raises(NeverSent) as raised:
            await transport.send(CHANGE, 5.0)
        assert not isinstance(raised.value, CredentialsRefused)
        assert (sent.requests, desk.doubts) == ([], 0)

    run(work)


def test_a_read_that_is_refused_is_asked_once_more_with_a_new_token() -> None:
    async def work(desk: Desk) -> tuple[int, list[str]]:
        transport, sent = desk.transport(UNAUTHORIZED, OK)
        reply = await transport.send(READ, 5.0)
        return reply.status, [each.headers["Authorization"] for each in sent.requests]

    assert run(work) == (200, ["Bearer t1", "Bearer t2"])


def test_a_change_that_is_refused_is_not_sent_again_and_what_follows_has_a_new_token() -> None:
    async def work(desk: Desk) -> tuple[int, int, list[str]]:
        transport, sent = desk.transport(UNAUTHORIZED, OK)
        first = await transport.send(CHANGE, 5.0)
        second = await transport.send(READ, 5.0)
        return first.status, second.status, [each.headers["Authorization"] for each in sent.requests]

    assert run(work) == (401, 200, ["Bearer t1", "Bearer t2"])


def test_a_renewal_goes_on_when_whoever_began_it_goes_away() -> None:
    async def work(desk: Desk) -> tuple[str, int]:
        keeper = desk.keeper()
        desk.brokerage.goes_on.clear()
        impatient = asyncio.create_task(keeper.token())
        await asyncio.sleep(0.01)
        impatient.cancel()
        desk.brokerage.goes_on.set()
        return await keeper.token(), len(desk.brokerage.asked)

    assert run(work) == ("t1", 1)


def test_tokens_that_cannot_be_stored_are_used_and_stored_before_the_next_are_asked_for() -> None:
    secrets = Lost({"refresh_token": "r0"})

    async def work(desk: Desk) -> None:
        keeper = desk.keeper()
        assert await keeper.token() == "t1"
        assert secrets.held == {"refresh_token": "r0"}
        await desk.clock.sleep(31 * 60)
        with pytest.raises(NeverSent):
            await keeper.token()
        secrets.is_lost = False
        assert await keeper.token() == "t2"
        assert desk.brokerage.asked[1]["refresh_token"] == "r1"

    run(work, secrets)


def test_time_that_the_token_took_is_not_there_for_the_request() -> None:
    async def work(desk: Desk) -> None:
        async def slow(values: Mapping[str, str]) -> Mapping[str, str]:
            await desk.clock.sleep(6.0)
            return await desk.brokerage.renew(values)

        sent = Scripted(OK)
        keeper = TokenKeeper(desk.secrets, slow, desk.clock, Tasks())
        transport = BearerTransport(sent, keeper, desk.clock, desk.doubt)
        with pytest.raises(NeverSent):
            await transport.send(CHANGE, 5.0)
        assert sent.requests == []

    run(work)
