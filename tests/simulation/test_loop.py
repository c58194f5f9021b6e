"""The loop of the simulation: that asyncio still works on it, and that it hides nothing."""

import asyncio
from contextvars import Context

import pytest

from .loop import Deadlock, Killed, SimLoop, new_loop, process
from .ports import dice


def loop(seed: int = 0) -> SimLoop:
    return new_loop(dice(seed, "schedule"), lambda _which: None)


async def _everything_nostro_uses() -> list[str]:
    """Events, futures, shields, timeouts, cancelled tasks and timers, in one."""
    heard: list[str] = []
    event = asyncio.Event()

    async def wait_for_it(name: str) -> None:
        await event.wait()
        heard.append(name)

    waiting = [asyncio.create_task(wait_for_it(name), name=name) for name in "abcdef"]
    try:
        async with asyncio.timeout(3600):
            await asyncio.sleep(7200)
    except TimeoutError:
        heard.append("timeout")
    inner = asyncio.create_task(asyncio.sleep(1, "kept"))
    outer = asyncio.ensure_future(asyncio.shield(inner))
    await asyncio.sleep(0)
    outer.cancel()
    heard.append(await inner)
    asyncio.get_running_loop().call_later(5, event.set)
    done, _ = await asyncio.wait(waiting)
    assert len(done) == 6
    heard.append(f"{asyncio.get_running_loop().time():g}")
    return heard


def test_what_asyncio_asks_of_a_loop_is_there_in_this_python() -> None:
    """The canary: where this fails, a new Python asks a loop for something that `SimLoop` does not have."""
    heard = loop().run_until_done(_everything_nostro_uses())
    assert (heard[0], heard[1], heard[-1]) == ("timeout", "kept", "3606")
    assert sorted(heard[2:-1]) == list("abcdef")


def test_the_same_seed_makes_the_same_choices_and_another_seed_others() -> None:
    traces: dict[int, list[tuple[int, list[str]]]] = {}
    for seed in (1, 1, 2):
        each = loop(seed)
        heard = each.run_until_done(_everything_nostro_uses())
        traces.setdefault(seed, []).append((each.trace, heard))
    assert traces[1][0] == traces[1][1]
    assert traces[2][0] != traces[1][0]


def test_seeds_run_what_is_ready_in_many_orders() -> None:
    orders = {tuple(loop(seed).run_until_done(_everything_nostro_uses())) for seed in range(50)}
    assert len(orders) > 30


def test_a_killed_process_runs_no_further_and_not_even_its_last_words() -> None:
    sim = loop()
    said: list[str] = []

    async def live() -> None:
        try:
            said.append("begun")
            await asyncio.sleep(1)
            said.append("too late")
        finally:
            said.append("last words")

    async def murder() -> list[str]:
        context = Context()
        context.run(process.set, 1)
        sim.create_task(live(), context=context)
        await asyncio.sleep(0.5)
        sim.kill(1)
        await asyncio.sleep(10)
        return list(said)

    assert sim.run_until_done(murder()) == ["begun"]
    sim.discard()


def test_a_process_can_die_in_the_midst_of_a_callback() -> None:
    sim = loop()

    async def die() -> None:
        sim.kill(process.get())
        raise Killed

    async def watch() -> None:
        context = Context()
        context.run(process.set, 1)
        sim.create_task(die(), context=context)
        await asyncio.sleep(1)

    sim.run_until_done(watch())
    assert sim.complaints == []


def test_a_task_that_fails_unheard_is_a_complaint() -> None:
    sim = loop()

    async def fail() -> None:
        raise ValueError("unheard")

    async def start() -> None:
        sim.create_task(fail(), name="nobody's")
        await asyncio.sleep(1)

    sim.run_until_done(start())
    assert sim.complaints == ["task nobody's: ValueError('unheard')"]


def test_waiting_for_what_nobody_will_do_is_found_out() -> None:
    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    sim = loop()
    with pytest.raises(Deadlock):
        sim.run_until_done(wait())
    sim.discard()


def test_a_thread_is_refused() -> None:
    with pytest.raises(NotImplementedError):  # what asyncio's own loops raise for what they do not have
        loop().run_until_done(asyncio.to_thread(print))


def test_what_was_due_while_time_was_skipped_runs_late() -> None:
    sim = loop()

    async def sleep() -> float:
        await asyncio.sleep(1)
        return sim.time()

    async def skip() -> float:
        sleeper = asyncio.create_task(sleep())
        await asyncio.sleep(0.5)
        sim.skip(3600)
        return await sleeper

    assert sim.run_until_done(skip()) == 3600.5
