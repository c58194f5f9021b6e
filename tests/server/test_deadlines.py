"""Whatever is asked, and whoever hangs behind the server: an answer comes in time, and says what is so."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nostro.http.operation import Operation, Who
from nostro.http.operations import OPERATIONS
from nostro.wire.forms import LoginForm, ResetUserSecretForm

from .portal import connect_paper_account
from .test_secrecy import ORDER_TERMS, ask
from .world import ACCOUNT, ORDER, SEED_USER, Reply, Server

DEADLINE_S = 10.0
ON_THE_WAY_S = 1.0
"""What a busy machine adds to a request and its answer."""

CONNECTIONS = 6
"""Asked one after the other, each for the two seconds that its brokerage may take."""

ASKED = [
    each for each in OPERATIONS if each.who is Who.USER and each.form not in (LoginForm, ResetUserSecretForm)
]


@pytest.fixture(scope="module")
def hanging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("hanging")) as server:
        for _ in range(CONNECTIONS):
            connect_paper_account(server)
        server.fault("hang", "*", times=None)
        yield server


@pytest.fixture(scope="module")
def answers(hanging: Server) -> dict[str, tuple[Reply, float]]:
    ids = dict.fromkeys(("authorizationId", "connectionId", "cancelId", "tradeId"), ACCOUNT)
    ids |= {"accountId": ACCOUNT, "brokerageOrderId": ORDER}

    def timed(operation: Operation) -> tuple[str, tuple[Reply, float]]:
        begun = time.monotonic()
        return operation.id, (ask(hanging, operation, ids, SEED_USER), time.monotonic() - begun)

    with ThreadPoolExecutor(len(ASKED)) as pool:
        return dict(pool.map(timed, ASKED))


def test_every_operation_answers_in_time_while_the_brokerage_hangs(
    answers: dict[str, tuple[Reply, float]],
) -> None:
    late = {name: took_s for name, (_, took_s) in answers.items() if took_s > DEADLINE_S + ON_THE_WAY_S}
    assert len(answers) > 30
    assert late == {}


def test_what_takes_too_long_is_said_to_be_unfinished_and_not_to_have_failed(
    answers: dict[str, tuple[Reply, float]],
) -> None:
    reply, took_s = answers["AccountInformation_listUserAccounts"]
    assert (reply.status, reply.body["code"]) == (500, "7031")
    assert took_s > DEADLINE_S - ON_THE_WAY_S
    assert "status" not in reply.body


def test_a_bug_answered_none_of_them(answers: dict[str, tuple[Reply, float]]) -> None:
    bugs = [
        name for name, (reply, _) in answers.items() if reply.status == 500 and reply.body["code"] == "1000"
    ]
    assert bugs == []


def test_a_refusal_for_the_rate_leaves_the_signature_unused(tmp_path: Path) -> None:
    """The same bytes may come again: nothing was done with them, not even noted."""
    with Server(tmp_path, NOSTRO_RATE_LIMIT="1", NOSTRO_REPLAY="refuse") as server:
        server.place()
        assert count_seen(tmp_path) == 1
        terms = ORDER_TERMS | {"account_id": ACCOUNT, "units": 1}
        refused = server.call("POST", "/trade/place", terms)
        assert (refused.status, refused.body["code"]) == (429, "0000")
        assert count_seen(tmp_path) == 1


def count_seen(data: Path) -> int:
    database = sqlite3.connect(data / "nostro.db")
    (found,) = database.execute("SELECT count(*) FROM seen_request").fetchone()
    database.close()
    return int(found)
