"""An event loop without time, threads or input: the seed decides which ready callback runs next.

It uses only what asyncio documents for event loops of others (`AbstractEventLoop`, `Handle`, `Task`,
`_set_running_loop`); `test_loop.py` says so when a new Python asks for more.

A *process* is a number in the context that its callbacks carry. To kill one is to run none of them any more.
"""

import asyncio
import contextlib
import heapq
import itertools
import random
import zlib
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any, NamedTuple, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

WORLD = 0
"""The process of everything that is no server."""

process: ContextVar[int] = ContextVar("process", default=WORLD)


class Killed(BaseException):
    """Unwinds the callback in which its process died; nothing of the process runs after it."""


class Deadlock(AssertionError):
    """Nothing can ever run again, and somebody waits."""


class _Ready(NamedTuple):
    handle: asyncio.Handle
    callback: Callable[..., Any]
    arguments: tuple[Any, ...]
    context: Context


class _Started(NamedTuple):
    task: "asyncio.Task[Any]"
    work: Coroutine[Any, Any, Any]
    context: Context


def new_loop(
    rng: random.Random, on_step: Callable[[int], None], expected: tuple[type[BaseException], ...] = ()
) -> "SimLoop":
    """Make a loop; see `SimLoop`."""
    # Typeshed calls abstract what CPython only leaves unwritten.
    return SimLoop(rng, on_step, expected)  # type: ignore[abstract]  # see above


class SimLoop(asyncio.AbstractEventLoop):
    def __init__(
        self,
        rng: random.Random,
        on_step: Callable[[int], None],
        expected: tuple[type[BaseException], ...] = (),
    ) -> None:
        """`on_step` is told the process of each callback just before it runs; it may kill it.

        A task that ends with an exception which is not `expected` is a complaint.
        """
        self._rng = rng
        self._expected = (*expected, Killed)
        self._on_step = on_step
        self._now_s = 0.0
        self._ready: list[_Ready] = []
        self._timers: list[tuple[float, int, _Ready]] = []
        self._order = itertools.count()
        self._dead: set[int] = set()
        self._frozen_until_s: dict[int, float] = {}
        self._started: list[_Started] = []
        self.steps = 0
        self.trace = 0
        """A hash of all choices so far: two runs with the same one did the same."""
        self.complaints: list[str] = []
        """What asyncio would have logged as an error, of processes that live."""

    # For the simulation

    def kill(self, which: int) -> None:
        self._dead.add(which)
        self._ready = [each for each in self._ready if each.context.get(process, WORLD) != which]

    def is_dead(self, which: int) -> bool:
        return which in self._dead

    def dead(self) -> frozenset[int]:
        return frozenset(self._dead)

    def freeze(self, which: int, for_s: float) -> None:
        """Let a process stand still, as one that is stopped or swapped out: what it had to do is late."""
        self._frozen_until_s[which] = self._now_s + for_s

    def skip(self, by_s: float) -> None:
        """Let time pass while nothing runs, as on a machine that sleeps: what was due meanwhile is late."""
        self._now_s += max(by_s, 0.0)

    def run_until_done(self, work: Coroutine[Any, Any, T]) -> T:
        """Run everything until `work` has ended."""
        main = self.create_task(work)
        asyncio._set_running_loop(self)
        try:
            while not main.done():
                self._step()
        finally:
            asyncio._set_running_loop(None)
        result: T = main.result()
        return result

    def note(self, text: str) -> None:
        """Make the trace depend on `text`."""
        self.trace = zlib.crc32(text.encode(), self.trace)

    def discard(self) -> None:
        """End what never ended, where it can do no harm any more."""
        for task, work, context in self._started:
            if not task.done():
                self._dead.add(context.get(process, WORLD))
                with contextlib.suppress(BaseException):
                    context.run(work.close)
        self._started.clear()
        self._ready.clear()
        self._timers.clear()

    def _step(self) -> None:
        while not self._ready:
            if not self._timers:
                raise Deadlock("nothing can run, and no timer is set")
            self._now_s = max(self._now_s, self._timers[0][0])
            while self._timers and self._timers[0][0] <= self._now_s:
                self._make_ready(heapq.heappop(self._timers)[2])
        index = self._rng.randrange(len(self._ready))
        self._ready[index], self._ready[-1] = self._ready[-1], self._ready[index]
        handle, callback, arguments, context = self._ready.pop()
        if handle.cancelled():
            return
        which = context.get(process, WORLD)
        self.steps += 1
        self.trace = zlib.crc32(b"%d %d %d" % (index, len(self._ready), which), self.trace)
        self._on_step(which)
        if which in self._dead:
            return
        wakes_s = self._frozen_until_s.get(which, 0.0)
        if wakes_s > self._now_s:
            late = _Ready(handle, callback, arguments, context)
            heapq.heappush(self._timers, (wakes_s, next(self._order), late))
            return
        try:
            context.run(callback, *arguments)
        except Killed:
            pass
        except BaseException as error:
            self.complaints.append(f"{callback!r}: {error!r}")
            raise

    def _make_ready(self, ready: _Ready) -> None:
        if ready.context.get(process, WORLD) not in self._dead:
            self._ready.append(ready)

    # For asyncio

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        context = copy_context() if context is None else context  # an empty one is false
        handle = asyncio.Handle(callback, args, self, context)
        self._make_ready(_Ready(handle, callback, args, context))
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        context = copy_context() if context is None else context  # an empty one is false
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        ready = _Ready(handle, callback, args, context)
        heapq.heappush(self._timers, (when, next(self._order), ready))
        return handle

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now_s + max(delay, 0.0), callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Do nothing: a cancelled timer is skipped when it is due."""

    def time(self) -> float:
        return self._now_s

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Any,
        *,
        name: str | None = None,
        context: Context | None = None,
        **_later: object,
    ) -> "asyncio.Task[Any]":
        context = copy_context() if context is None else context  # an empty one is false
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name=name, context=context)
        self._started.append(_Started(task, coro, context))
        task.add_done_callback(self._look_at_the_end)
        return task

    def _look_at_the_end(self, task: "asyncio.Task[Any]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, self._expected):
            self.complaints.append(f"task {task.get_name()}: {error!r}")

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, self._expected) or "destroyed but" in context.get("message", ""):
            return
        self.complaints.append(f"{context.get('message')}: {error!r}")
