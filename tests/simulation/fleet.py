"""The server processes of one seed: they start, answer, die where the plan says, and start again."""

import asyncio
import itertools
import random
from collections.abc import Callable, Mapping
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from nostro.app import build
from nostro.domain.errors import StoreFailed
from nostro.embedded import Embedded
from nostro.http.gateway import Gateway
from nostro.ports import Clock, Ids
from nostro.storage.open import Store
from nostro.storage.port import MemberId
from nostro.webhooks.relay import Deliver

from .caller import Call
from .disk import Disk, settings
from .durable import SimDatabase
from .loop import WORLD, Killed, SimLoop, process
from .network import Network
from .oracle import Oracle
from .plan import Plan
from .ports import SimClock, SimMembers, process_of
from .reached import Reached

LOCK_LOST_S = 2.0
"""Of a process that stands still: after this time the others take it for gone."""


@dataclass(slots=True)
class Slot:
    """Where one server process runs, and its next life after it."""

    number: int = WORLD
    gateway: Gateway | None = None
    """None while it is down."""


class ConnectionLost(Exception):
    """The server died before it answered."""


@dataclass(slots=True, eq=False)
class Visit:
    """One request at one process, and the answer to come: status and body."""

    slot: Slot
    process: int
    answered: "asyncio.Future[tuple[int, bytes]]"
    handler: "asyncio.Task[Any] | None" = field(default=None)


class Fleet:
    def __init__(
        self,
        plan: Plan,
        disk: Disk,
        *,
        loop: SimLoop,
        clock: SimClock,
        server_clock: Clock,
        ids: Ids,
        rng: random.Random,
        store_rng: random.Random,
        embedded: Embedded,
        network: Network,
        deliver: Deliver,
        lost: set[MemberId],
        oracle: Oracle,
        reached: Reached,
        note: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._disk = disk
        self._loop = loop
        self._clock = clock
        self._server_clock = server_clock
        self._ids = ids
        self._rng = rng
        self._store_rng = store_rng
        self._embedded = embedded
        self._network = network
        self._deliver = deliver
        self._oracle = oracle
        self._reached = reached
        self._note = note
        self._slots = [Slot() for _ in range(plan.workers)]
        self._numbers = itertools.count(WORLD + 1)
        self._waiting: list[Visit] = []
        self._steps = 0
        self._members: dict[int, SimMembers] = {}
        self._lost = lost
        self._stood_still: list[tuple[int, float, float]] = []
        """Which process, from when, until when."""
        self._visits: dict[str, int] = {}
        self.is_chaos = True
        """While it is, processes die and the database fails as planned."""
        self.crashes = 0

    def start(self) -> None:
        for slot in self._slots:
            self._boot(slot)

    async def until_up(self) -> None:
        while any(slot.gateway is None for slot in self._slots):
            await self._clock.sleep(0.05)

    def on_step(self, which: int) -> None:
        """Hear of each callback before it runs, and let its process die where the plan says."""
        if which == WORLD:
            return
        self._steps += 1
        if self.is_chaos and self._steps in self._plan.crash_steps:
            slot = next(each for each in self._slots if each.number == which)
            self._reached.note("a process died between callbacks")
            self._kill(slot, "between callbacks")
        for step, for_s in self._plan.freezes:
            if self.is_chaos and self._steps == step:
                self._freeze(which, for_s)

    # Requests

    def send(self, call: Call) -> Visit | None:
        """Hand a request to some process that is up; None when there is none."""
        up = [slot for slot in self._slots if slot.gateway is not None]
        if not up:
            return None
        slot = self._rng.choice(up)
        visit = Visit(slot, slot.number, self._loop.create_future())
        self._waiting.append(visit)
        visit.answered.add_done_callback(lambda _answered: self._waiting.remove(visit))
        scope, content = call.request(int(self._server_clock.now().timestamp()))
        messages = [{"type": "http.request", "body": content, "more_body": False}]
        status = 0

        async def receive() -> dict[str, Any]:
            if not messages:
                await self._loop.create_future()
            return messages.pop()

        async def send(message: Mapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif not visit.answered.done():
                visit.answered.set_result((status, message["body"]))

        assert slot.gateway is not None
        visit.handler = self._run_in(slot.number, slot.gateway(scope, receive, send))
        return visit

    # Life and death

    def _run_in(self, number: int, work: Any) -> "asyncio.Task[Any]":
        context = Context()
        context.run(process.set, number)
        return self._loop.create_task(work, context=context)

    def _boot(self, slot: Slot) -> None:
        slot.number, slot.gateway = next(self._numbers), None
        self._note(f"process {slot.number} starts")
        self._run_in(slot.number, self._serve(slot, slot.number))

    async def _serve(self, slot: Slot, number: int) -> None:
        database = SimDatabase(
            self._disk.image,
            self._clock,
            take_fault=self._take_store_fault,
            delay_s=lambda: self._store_rng.choice((0.0, 0.0, 0.0, 0.001, 0.01)),
            is_alive=lambda: not self._loop.is_dead(number),
            on_commit=self._oracle.on_commit,
        )
        members = self._members[number] = SimMembers(self._loop, number, self._lost)
        while True:
            try:
                nostro = await build(
                    settings(),
                    clock=self._server_clock,
                    ids=self._ids,
                    store=Store(database=database, vault=self._disk.vault, members=members),
                    embedded=self._embedded,
                    deliver=self._deliver,
                    crashpoint=lambda name: self._visit(slot, name),
                )
                gone = self._loop.dead()
                await nostro.start()
                break
            except StoreFailed:
                await self._clock.sleep(0.2)
        self._oracle.on_ready(lambda member: process_of(member) in gone)
        slot.gateway = nostro.application()

    def _visit(self, slot: Slot, name: str) -> None:
        visit = self._visits[name] = self._visits.get(name, 0) + 1
        if self.is_chaos and (name, visit) in self._plan.crash_points:
            self._reached.note(f"a crash at {name}")
            self._kill(slot, f"at {name}")
            raise Killed

    def _kill(self, slot: Slot, where: str) -> None:
        self._note(f"process {slot.number} dies {where}")
        self.crashes += 1
        self._loop.kill(slot.number)
        self._network.bury(slot.number)
        slot.gateway = None
        for visit in self._waiting:
            if visit.process == slot.number and not visit.answered.done():
                visit.answered.set_exception(ConnectionLost())
        self._loop.call_later(self._rng.choice((0.0, 0.1, 2.0)), self._boot, slot, context=Context())

    def _freeze(self, which: int, for_s: float) -> None:
        self._note(f"process {which} stands still for {for_s:g} s")
        self._reached.note("a process stood still")
        self._loop.freeze(which, for_s)
        if for_s > LOCK_LOST_S and which in self._members:
            self._loop.call_later(LOCK_LOST_S, self._lose, which, context=Context())
        self._stood_still.append((which, self._loop.time(), self._loop.time() + for_s))

    def _lose(self, which: int) -> None:
        self._members[which].lose()
        self._network.disown(which)

    @property
    def longest_freeze_s(self) -> float:
        return max((for_s for _, for_s in self._plan.freezes), default=0.0)

    def stood_still_s(self, number: int, since_s: float) -> float:
        """Say for how long the process has stood still since then."""
        now_s = self._loop.time()
        return sum(
            max(min(ended_s, now_s) - max(begun_s, since_s), 0.0)
            for which, begun_s, ended_s in self._stood_still
            if which == number
        )

    def _take_store_fault(self, what: str) -> str | None:
        if not self.is_chaos:
            return None
        plan, now_s = self._plan, self._loop.time()
        is_out = any(begun <= now_s < ended for begun, ended in plan.store_outages)
        if is_out or self._store_rng.random() < plan.store_failure_rate:
            self._reached.note("the database failed")
            return "fails"
        if what == "write" and self._store_rng.random() < plan.store_lost_answer_rate:
            self._reached.note("the database lost its answer")
            return "answer_lost"
        return None
