"""One seed's world: server processes on one database, callers, a market, and everything that goes wrong.

First chaos, in which nothing false may be said or stored. Then peace, in which everything must settle.
"""

import asyncio
import contextlib
import json
import random
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextvars import Context
from decimal import Decimal
from functools import partial
from typing import Any

from nostro.brokers.transport import TransportError
from nostro.domain.errors import Refusal
from nostro.domain.event import ConnectionEvent, OrderEvent
from nostro.domain.ids import ClientOrderId
from nostro.domain.order import OrderType, Side, TimeInForce
from nostro.domain.place import NewLeg, NewOrder, Replacement
from nostro.embedded import Embedded
from nostro.sim.faults import FaultPlan
from nostro.sim.ledger import Ledger
from nostro.sim.refusals import Refused
from nostro.storage.outbox import SqlOutbox
from nostro.storage.outbox_port import EventState
from nostro.storage.port import MemberId
from nostro.webhooks.relay import POLL_S

from . import caller
from .caller import PARTNERS, UNITS, USERS, Call
from .disk import Disk, open_database, open_exchange, quiet
from .fleet import ConnectionLost, Fleet
from .loop import new_loop
from .network import Network
from .oracle import Broken, Oracle
from .plan import Plan, PlannedFault, draw, possible_faults
from .ports import SimClock, SimIds, dice, process_of
from .reached import Reached
from .receiver import Receivers

PEACE_S = 3600.0

FORGOTTEN_S = 30.0
"""How long a cancel that the brokerage took and forgot is left pending, before its order ends otherwise."""

SWEPT_S = 3.0
"""A process that was taken for gone sees that within this time, and joins again."""

STEPS_MAX = 300_000

ROUNDS_MAX = 2000
"""How often it is seen whether the outbox is empty; fifteen attempts at each of a few events take fewer."""


class World:
    def __init__(
        self,
        disk: Disk,
        seed: int,
        *,
        workers: int | None = None,
        plan: Plan | None = None,
        peace_s: float = PEACE_S,
        log: Callable[[str], None] | None = None,
    ) -> None:
        """`plan` and `workers` take the place of what the seed draws; `log` is told what happens.

        Everything must be settled within `peace_s`, once nothing goes wrong any more.
        """
        disk.image.load()
        self.reached = Reached()
        self._log = log
        self._peace_s = peace_s
        self._rng = dice(seed, "world")
        self.loop = new_loop(
            dice(seed, "schedule"), self._on_step, expected=(Refusal, TransportError, Broken)
        )
        self._clock, self._server_clock = SimClock(self.loop), SimClock(self.loop)
        self._ledger = Ledger(":memory:")
        self._exchange = open_exchange(self._ledger, self._clock)
        self._faults = FaultPlan(self._exchange, self._clock)
        possible = possible_faults(FaultPlan(self._exchange, self._clock))
        self.plan = plan or draw(seed, workers, possible)
        lost: set[MemberId] = set()
        self.oracle = Oracle(
            self._exchange,
            disk.image,
            self.reached,
            self.loop.time,
            is_gone=lambda member: member in lost or self.loop.is_dead(process_of(member)),
            was_lost=lambda number: any(process_of(member) == number for member in lost),
        )
        self._network = Network(
            self._exchange,
            self._faults,
            self._clock,
            loop=self.loop,
            rng=dice(seed, "network"),
            on_send=self.oracle.on_send,
            on_arrival=self.oracle.on_arrival,
            on_refusal=partial(self.reached.fault, kind="drop_before"),
        )
        self._network.adapter_bug_rate = self.plan.adapter_bug_rate
        self._receivers = self._open_receivers(seed)
        self._outbox = SqlOutbox(open_database(disk.image, self._clock, self.oracle.on_commit))
        self.fleet = Fleet(
            self.plan,
            disk,
            loop=self.loop,
            clock=self._clock,
            server_clock=self._server_clock,
            ids=SimIds(dice(seed, "ids")),
            rng=dice(seed, "fleet"),
            store_rng=dice(seed, "store"),
            embedded=Embedded(
                ledger=self._ledger, exchange=self._exchange, faults=self._faults, venue=self._network
            ),
            network=self._network,
            deliver=self._receivers,
            lost=lost,
            oracle=self.oracle,
            reached=self.reached,
            note=self._note,
        )
        self._orders: list[tuple[caller.User, str]] = []
        self._placements: list[tuple[caller.User, str]] = []
        """Client order ids that callers made."""

    def _open_receivers(self, seed: int) -> Receivers:
        return Receivers(
            self.plan.receivers,
            loop=self.loop,
            clock=self._clock,
            wall=self._server_clock,
            rng=dice(seed, "receivers"),
            on_arrival=self.oracle.notices.on_arrival,
            on_accept=self.oracle.notices.on_accept,
            note=self.reached.note,
        )

    def run(self) -> None:
        """Live through the seed; raises Broken."""
        try:
            with quiet():
                self.loop.run_until_done(self._live())
            self._raise_if_broken()
        finally:
            self.loop.discard()
            self._ledger.close()

    async def _live(self) -> None:
        for index in range(self.plan.orders):
            self._place_at_the_exchange(index)
        self.fleet.start()
        await self.fleet.until_up()
        works = [*map(self._live_as_caller, range(self.plan.callers)), *self._troubles()]
        tasks = [self.loop.create_task(work, context=Context()) for work in works]
        await asyncio.wait(tasks)
        for task in tasks:
            task.result()
        self._note("peace")
        self.fleet.is_chaos = self._network.is_slow = False
        self._network.adapter_bug_rate = 0.0
        self._faults.clear()
        await self.fleet.until_up()
        await self._clock.sleep(self.fleet.longest_freeze_s + SWEPT_S)
        await self._settle()
        await self._place_everything_again()
        await self._ask_everybody_again()
        await self._deliver_everything()
        self.oracle.close()

    def _place_at_the_exchange(self, index: int) -> None:
        user = self._rng.choice(USERS)
        order = NewOrder(
            legs=(NewLeg(symbol="AAPL", side=Side.BUY),),
            order_type=OrderType.LIMIT,
            time_in_force=self._rng.choice((TimeInForce.GTC, TimeInForce.DAY)),
            quantity=Decimal(10),
            limit_price=Decimal(1),
            client_order_id=ClientOrderId(f"order-{index}"),
        )
        self._orders.append((user, self._exchange.place(user.number, order).brokerage_order_id))

    def _note(self, text: str) -> None:
        line = f"{self.loop.time():10.4f}  {text}"
        self.loop.note(line)
        if self._log is not None:
            self._log(line)

    def _on_step(self, which: int) -> None:
        self._raise_if_broken()
        if self.loop.steps > STEPS_MAX:
            raise Broken(f"still busy after {STEPS_MAX} steps")
        self.fleet.on_step(which)

    def _raise_if_broken(self) -> None:
        if self.oracle.broken or self.loop.complaints:
            raise Broken("\n".join(self.oracle.broken + self.loop.complaints))

    # Troubles

    def _troubles(self) -> Iterator[Coroutine[Any, Any, None]]:
        for fault in self.plan.faults:
            yield self._at(fault.at_s, partial(self._declare, fault))
        for move in self.plan.moves:
            yield self._at(move.at_s, partial(self._move, move.what, move.order))
        for at_s, by_s in self.plan.clock_jumps:
            yield self._at(at_s, partial(self._jump, by_s))

    async def _at(self, at_s: float, do: Callable[[], None]) -> None:
        await self._clock.sleep(at_s)
        do()

    def _declare(self, fault: PlannedFault) -> None:
        order_id = None if fault.order is None else self._orders[fault.order][1]
        self._note(f"fault {fault.kind} on {fault.operation} {order_id or ''}")
        self._faults.declare(
            fault.operation,
            fault.kind,
            times=fault.times,
            order_id=order_id,
            delay_s=fault.delay_s,
            processed=fault.processed,
        )
        self.oracle.may_lag |= fault.kind in ("not_found_lag", "list_lags")
        self.oracle.forgetful |= fault.kind == "ack_never_cancels"

    def _jump(self, by_s: float) -> None:
        self._note(f"the servers' clock jumps by {by_s:g} s")
        self.reached.note("the wall clock jumped back" if by_s < 0 else "the wall clock jumped ahead")
        self._server_clock.jump(by_s)

    def _move(self, what: str, index: int) -> None:
        user, order_id = self._orders[index]
        self._note(f"market: {what} {order_id}")
        with contextlib.suppress(Refused):  # it is closed already
            match what:
                case "fill":
                    self._exchange.fill(order_id)
                case "part_fill":
                    self._exchange.fill(order_id, Decimal(self._rng.randint(1, 4)))
                case "expire":
                    self._exchange.expire(order_id)
                case "reject":
                    self._exchange.reject(order_id)
                case "cancel":
                    self._exchange.cancel(order_id)
                case "pending_cancel":
                    self._exchange.acknowledge_cancel(user.number, order_id, self._rng.choice((2.0, 6.0)))
                    self.oracle.recorder.cancel_by_market(order_id)
                case "replace":
                    terms = Replacement(
                        order_type=OrderType.LIMIT, time_in_force=TimeInForce.GTC, limit_price=Decimal(2)
                    )
                    self._exchange.replace(user.number, order_id, terms)
                case "roll":
                    self._exchange.advance(86_400)

    # Callers

    async def _live_as_caller(self, number: int) -> None:
        rng = dice(self.plan.seed, f"caller {number}")
        known: list[Call] = []
        for _ in range(self.plan.calls_per_caller):
            await self._clock.sleep(rng.choice((0.0, 0.01, 0.3, self.plan.chaos_s / 2 * rng.random())))
            call = self._draw_call(rng, known)
            leaves = rng.random() < (0.5 if self.plan.handlers_are_cancelled else 0.08)
            await self._call(call, rng.choice((0.0, 0.005, 0.02, 1.0)) * rng.random() if leaves else None)
            if call.what == "cancel" and call.answer and "cancel_id" in call.answer:
                known.append(call)
            if call.what == "place" and call.status == 200:
                self._learn(call)

    def _draw_call(self, rng: random.Random, known: list[Call]) -> Call:
        user, order_id = rng.choice(self._orders)
        chance = rng.random()
        if chance < 0.62:
            return caller.cancel(user, order_id, rng.choice((None, None, 0, 3)))
        if chance < 0.74 and known:
            before = rng.choice(known)
            return caller.receipt(before.user, before.answer["cancel_id"], before.order_id)
        if chance < 0.8:
            return caller.look(user, order_id)
        if chance < 0.85:
            return caller.list_orders(user)
        if self._placements and rng.random() < 0.5:
            user, client_order_id = rng.choice(self._placements)
            return caller.place(user, client_order_id, rng.choice((UNITS, UNITS, UNITS + 5)))
        self._placements.append((user, str(uuid.UUID(bytes=rng.randbytes(16), version=4))))
        return caller.place(*self._placements[-1])

    def _learn(self, call: Call) -> None:
        order = (call.user, call.answer["brokerage_order_id"])
        if order not in self._orders:
            self._orders.append(order)

    async def _call(self, call: Call, leaves_after_s: float | None = None) -> None:
        """Send one request to some process, and let the oracle judge what comes back."""
        visit = self.fleet.send(call)
        if visit is None:
            self._note(f"{call.what} {call.order_id}: nobody listens")
            return
        self.oracle.begin(call)  # nothing of it has run yet
        self._note(f"{call.what} {call.order_id} -> process {visit.process}")
        try:
            async with asyncio.timeout(leaves_after_s):
                call.status, content = await asyncio.shield(visit.answered)
        except ConnectionLost:
            self._note(f"{call.what} {call.order_id}: connection lost")
        except TimeoutError:
            self.reached.note("a caller hung up")
            if self.plan.handlers_are_cancelled and visit.handler is not None:
                # As a server does to its handlers when its time to stop in good order is over.
                self.reached.note("a handler was cancelled")
                visit.handler.cancel()
        else:
            call.answer = json.loads(content)
            call.stood_still_s = self.fleet.stood_still_s(visit.process, call.begun_s)
            self._note(f"{call.what} {call.order_id} <- {call.status} {_word(call.answer)}")
            self.oracle.judge(call)

    # Peace

    async def _settle(self) -> None:
        begun_s = self.loop.time()
        while left := self.oracle.open_intents():
            await self._clock.sleep(1.0)
            waited_s = self.loop.time() - begun_s
            if waited_s > self._peace_s:
                raise Broken(f"I14: not settled after {self._peace_s:g} s of peace: {left}")
            if waited_s > FORGOTTEN_S and self.oracle.forgetful:
                for order_id in self.oracle.orders_of(left):
                    with contextlib.suppress(Refused):  # it is closed already, and a look is under way
                        self._exchange.expire(order_id)

    async def _place_everything_again(self) -> None:
        """A repeat finds what was placed, and what may have been placed is not placed again."""
        for call, is_same in list(self.oracle.placements.repeats()):
            await self._call(call)
            if call.status == 503:  # it waited for a claim, of which it turned out that nothing was sent
                await self._call(call)
            self.oracle.placements.judge_in_peace(call, is_same=is_same)
            if call.status == 200:
                self._learn(call)

    async def _ask_everybody_again(self) -> None:
        """Nothing is in the way any more: every order can be cancelled, or has an end that can be told."""
        for user, order_id in self._orders:
            call = caller.cancel(user, order_id, None)
            await self._call(call)
            if call.status != 200 and (call.status, call.answer["code"]) != (400, "7040"):
                raise Broken(f"in peace a cancel was answered {call.status} {call.answer}")
            await self._call(caller.look(user, order_id))

    async def _deliver_everything(self) -> None:
        """Wait until the outbox is empty; where only time is missing, let it pass."""
        for _ in range(ROUNDS_MAX):
            await self._clock.sleep(POLL_S)
            pending = await self._outbox.list(EventState.PENDING, 1000)
            if not pending and not await self._outbox.list(EventState.DEAD, 1):
                return
            if not pending:
                await self._replay()
            elif self._receivers.is_busy():
                self.loop.skip(5.0)
            else:
                # Newest first: of each order its oldest event is kept, for which the others wait.
                due = {_about(each.event): each.due_at for each in pending}
                self.loop.skip((min(due.values()) - self._server_clock.now()).total_seconds())
        raise Broken(f"I21: the outbox is not empty: {self.oracle.notices.states()}")

    async def _replay(self) -> None:
        for client_id in self.oracle.notices.on_replay():
            [partner] = (each for each in PARTNERS if each.client_id == client_id)
            refuses = self._receivers.refuses_for_ever(partner)
            self.oracle.demand(refuses, f"I21: dead, though {client_id} would have listened")
        self.reached.note("dead webhooks were replayed")
        self._note("the receivers are mended, and what is dead is replayed")
        self._receivers.mend()
        await self._outbox.replay(None, self._server_clock.now())


def _word(answer: Any) -> str:
    return str(answer.get("state", answer.get("status", ""))) if isinstance(answer, dict) else ""


def _about(event: OrderEvent | ConnectionEvent) -> str:
    return event.brokerage_order_id if isinstance(event, OrderEvent) else event.connection_id
