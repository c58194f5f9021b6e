"""Real servers die in every way there is, and whatever they left must come out true.

    plan       what a seed decides                           kill_plan.py
    fleet      the processes, their database and partner     fleet.py
    trial      callers cancel while servers die              trial.py
    judge      the brokerage's log against nostro's word     judge.py
    canary     what was secret is searched for everywhere    canary.py

Run it alone with `python -m tests.torture.kills --engine sqlite --count 200`. Real processes do not replay
exactly: a seed says what was planned, and the moment that it hit is a matter of chance.
"""

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path

from tests.server.world import Server
from tests.storage.postgres import PostgresServer

from .canary import search
from .fleet import Fleet, open_fleet
from .judge import Judge, count, read_intents
from .kill_plan import Plan, draw
from .outcome import Outcome, Tell
from .trial import CALL_TIMEOUT_S, Call, Trial, perform

ENGINES = ("sqlite", "postgresql")

FLEET_TRIALS = 50
"""How many trials one fleet lives through."""

FLEET_SIZES = (2, 4)

SETTLE_WITHIN_S = 20.0
"""When every cancel has ended after the brokerage works again: on PostgreSQL a process whose lock is gone may
go on for 5 s, and what it sends then may take 3 s; the rest is the next trial's kills."""

_OPEN = "SELECT brokerage_order_id FROM cancel_intent WHERE state IN ('INTENT', 'SENT', 'ACKED', 'UNKNOWN')"


def run(
    count: int,
    *,
    engine: str,
    seed_base: int,
    tell: Tell,
    source: Path | None = None,
    postgres: PostgresServer | None = None,
) -> Outcome:
    """Run trials in which servers die, until `count` of them were killed (SIGKILL).

    `source` is what they run (see `mutant.py`), if not our own; `postgres` is used and not ended.
    """
    outcome, slowest_s = Outcome(), 0.0
    seed = seed_base
    with (
        tempfile.TemporaryDirectory(prefix="nostro-kills-") as folder,
        _databases(engine, postgres) as (new_database, database),
    ):
        for number in itertools.count():
            killed = outcome.counts["kills"]
            if killed >= count or outcome.violations:  # what is broken once breaks all the rest
                break
            size = FLEET_SIZES[number % len(FLEET_SIZES)]
            plans = _plans(seed, size, count - killed)
            seed += len(plans)
            with open_fleet(
                Path(folder) / str(number),
                size,
                seed=plans[0].seed,
                database_url=new_database(),
                source=source,
            ) as fleet:
                campaign = _Campaign(fleet, engine, tell, killed)
                outcome += campaign.run(plans)
                slowest_s = max(slowest_s, campaign.slowest_s)
                outcome += _search(fleet, database)
    outcome.counts[f"slowest settlement in ms, {engine}"] = round(slowest_s * 1000)
    return outcome


def _plans(seed: int, servers: int, kills: int) -> list[Plan]:
    """Draw the trials of one fleet: FLEET_TRIALS, or fewer where those kill as often as is asked."""
    plans: list[Plan] = []
    while len(plans) < FLEET_TRIALS and kills > 0:
        plans.append(draw(seed + len(plans), servers))
        kills -= plans[-1].kills(servers)
    return plans


@contextmanager
def _databases(
    engine: str, postgres: PostgresServer | None
) -> Iterator[tuple[Callable[[], str], Path | None]]:
    """Yield what makes a new database and gives its URL, and the folder where all of them are.

    Without both, the database is a file in the servers' own folder.
    """
    if engine == "sqlite":
        yield (lambda: ""), None
        return
    server = postgres or PostgresServer()

    def new_database() -> str:
        url = server.new_database(is_empty=True)
        # So that what is older than the secrets lies in files of its own, which nobody need search.
        server.administer("CHECKPOINT")
        server.administer("SELECT pg_switch_wal()::text")
        return url

    try:
        yield new_database, server.folder
    finally:
        if postgres is None:
            server.stop()


def _search(fleet: Fleet, database: Path | None) -> Outcome:
    canaries = search(fleet, database)
    counts = Counter(
        canaries=canaries.planted, canaries_found=len(canaries.found), bytes_scanned=canaries.bytes_scanned
    )
    return Outcome([f"I26: found {each}" for each in canaries.found], counts)


class _Campaign:
    """The trials of one fleet. What one leaves open is judged while later ones run."""

    def __init__(self, fleet: Fleet, engine: str, tell: Tell, killed: int) -> None:
        self._fleet = fleet
        self._killed = killed
        self._engine = engine
        self._tell = tell
        self._outcome = Outcome()
        self._unsettled: list[Trial] = []
        self.slowest_s = 0.0
        """How long after the brokerage worked again the last cancel of any trial ended."""

    def run(self, plans: Sequence[Plan]) -> Outcome:
        for plan, after in zip_longest(plans, plans[1:]):
            next_point = after.point if after is not None and after.kill == "point" else ""
            try:
                trial = perform(self._fleet, plan, next_point)
                self._killed += trial.counts["kills"]
                self._unsettled.append(trial)
                self._judge_settled()
            except (AssertionError, subprocess.TimeoutExpired) as error:
                self._blame(plan, f"the trial broke off: {error!r}")
                return self._outcome
            self._tell(self._killed)
        while self._unsettled:
            time.sleep(0.1)
            self._judge_settled()
        return self._outcome

    def _judge_settled(self) -> None:
        still_open = {order_id for (order_id,) in self._fleet.ask(_OPEN)}
        for trial in list(self._unsettled):
            is_late = time.time() > trial.healed_at + SETTLE_WITHIN_S
            if still_open.isdisjoint(trial.order_ids) or is_late:
                self._unsettled.remove(trial)
                self._judge(trial)

    def _judge(self, trial: Trial) -> None:
        self.slowest_s = max(
            self.slowest_s,
            *(
                (intent.resolved_at or time.time()) - trial.healed_at
                for order_id in trial.order_ids
                for intent in read_intents(self._fleet, order_id)
            ),
            0.0,
        )
        judge = Judge(self._fleet, trial)
        for call in _ask_again(self._fleet, trial):
            assert call.reply is not None
            body = call.reply.body
            is_final = call.reply.status == 200 or body["code"] == "7040"
            judge.demand(is_final, f"asked again when nothing was broken any more, it said {body}")
        judge.judge()
        for wrong in judge.wrongs:
            self._blame(trial.plan, wrong)
        self._outcome.counts.update(count(self._fleet, trial) + judge.counts)

    def _blame(self, plan: Plan, what: str) -> None:
        command = f"python -m tests.torture.kills --engine {self._engine} --seed-base {plan.seed} --count 1"
        self._outcome.violations.append(
            f"{what} (seed {plan.seed}: {plan.kill}; planned again by: {command})"
        )


def _ask_again(fleet: Fleet, trial: Trial) -> list[Call]:
    """Cancel every order once more, through two servers at once where there are two."""

    def ask(order_id: str, server: Server) -> Call:
        call = Call(order_id=order_id, server=fleet.servers.index(server), begun_at=time.time())
        call.reply = fleet.cancel(server, order_id, wait_s=None, timeout_s=CALL_TIMEOUT_S)
        call.ended_at = time.time()
        return call

    with ThreadPoolExecutor(8) as pool:
        through = (fleet.calm() * 2)[:2]
        asked = [pool.submit(ask, order_id, server) for order_id in trial.order_ids for server in through]
        calls = [each.result() for each in asked]
    trial.calls += calls
    return calls


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command prints


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture.kills", description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0])
    parser.add_argument("--seed-base", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=200, help="how many to kill")
    options = parser.parse_args()
    begun = time.monotonic()

    def tell(done: int) -> None:
        if done % 10 == 0:
            _say(f"{done} of {options.count} killed after {time.monotonic() - begun:.0f} s")

    outcome = run(options.count, engine=options.engine, seed_base=options.seed_base, tell=tell)
    for name, number in sorted(outcome.counts.items()):
        _say(f"{number:8} {name}")
    for violation in outcome.violations:
        _say(f"VIOLATION: {violation}")
    _say(f"{len(outcome.violations)} violations in {time.monotonic() - begun:.0f} s")
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
