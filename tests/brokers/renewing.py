"""A session whose access tokens end, wired to what a test says; and what holds of each."""

import asyncio
from collections.abc import Mapping

import pytest

from nostro.brokers.port import Broker
from nostro.brokers.registry import BrokerKind
from nostro.brokers.ties import LooseSecrets
from nostro.brokers.transport import Reply
from nostro.domain.cancel import NotSent, NotSentCause
from nostro.domain.errors import AccessRefused, ReadFailed
from nostro.domain.order import OrderRef
from tests.brokers.scripted import Scripted
from tests.brokers.wired import wired
from tests.sim.market import ToldClock


class Renewing:
    def __init__(
        self,
        kind: BrokerKind,
        given: Mapping[str, str],
        *answers: Reply | Exception,
        tokens: Scripted | None = None,
    ) -> None:
        """Answer with `answers`; where tokens are had elsewhere, `tokens` answers there."""
        self.transport = Scripted(*answers)
        self.tokens = tokens
        self.given = given
        self.secrets = LooseSecrets(given)
        self.clock = ToldClock()
        self.headers: Mapping[str, str] = {}
        """Those that go with every request."""
        self.doubts = 0
        self._kind = kind

    def open(self) -> Broker:
        wiring = wired(
            self.transport,
            tokens=self.tokens,
            clock=self.clock,
            secrets=self.secrets,
            suspect=self._doubt,
            opened=self._opened,
        )
        return self._kind.connect(self.given, wiring)

    def sent(self) -> list[tuple[str, str]]:
        return [(each.method, each.headers.get("Authorization", "")) for each in self.transport.requests]

    def _opened(self, headers: Mapping[str, str]) -> None:
        self.headers = headers

    def _doubt(self) -> None:
        self.doubts += 1


def expect_dead(session: Renewing, account: str, order: OrderRef) -> None:
    """Expect that the credentials are doubted, and that nothing is sent with them."""
    with pytest.raises(AccessRefused):
        asyncio.run(session.open().list_accounts())
    assert session.doubts == 1
    outcome = asyncio.run(session.open().cancel_order(account, order))
    assert isinstance(outcome, NotSent)
    assert outcome.cause is NotSentCause.ACCESS_REFUSED
    assert {each.operation for each in session.transport.requests} <= {"renew"}


def expect_undecided(session: Renewing) -> None:
    """Expect that nothing is known of the credentials, and that they stay."""
    with pytest.raises(ReadFailed) as failed:
        asyncio.run(session.open().list_accounts())
    assert not isinstance(failed.value, AccessRefused)
    assert (session.doubts, session.secrets.held) == (0, session.given)
