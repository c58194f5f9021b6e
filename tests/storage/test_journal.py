"""The cancel journal: one claim per order over all processes, evidence judged against the newest state."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from nostro.domain.cancel import (
    Canceled,
    CancelPending,
    CancelState,
    Looked,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderFound,
)
from nostro.domain.ids import CancelId
from nostro.domain.order import OrderStatus
from nostro.storage.database import Database
from nostro.storage.journal import SqlJournal
from nostro.storage.orders import SqlOrders

from .conftest import Place, Run
from .scene import ACCOUNT, ORDER_ID, OWNER, T0, UNKNOWN, Crowd, furnish, order, replied, wish


def looked(status: OrderStatus) -> Looked:
    found = OrderFound(order=order(status))
    return Looked(look=found, known=wish("c-1"), started_at=T0, ended_at=T0)


def test_an_order_the_account_is_not_known_to_hold_cannot_be_claimed(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        return await SqlJournal(database, Crowd()).claim(OWNER, wish("c-1", "o-2"))

    assert run(work) is None


def test_one_of_many_claims_wins_over_two_processes(place: Place) -> None:
    async def work() -> list[Any]:
        async with place.opened() as one, place.opened() as two:
            await furnish(one.database)
            journals = [SqlJournal(each.database, Crowd()) for each in (one, two)]
            return list(
                await asyncio.gather(
                    *(journals[number % 2].claim(OWNER, wish(f"c-{number}")) for number in range(40))
                )
            )

    claims = asyncio.run(work())
    winners = [claim for claim in claims if claim.is_mine]
    assert len(winners) == 1
    assert {claim.intent.cancel_id for claim in claims} == {winners[0].intent.cancel_id}


def test_a_new_claim_is_possible_once_the_last_ended_with_the_order_open(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        journal = SqlJournal(database, Crowd())
        await journal.claim(OWNER, wish("c-1"))
        not_sent = NotSent(cause=NotSentCause.CONNECT_FAILED, message="")
        await journal.apply(CancelId("c-1"), replied(not_sent), None)
        return await journal.claim(OWNER, wish("c-2", later_s=1))

    claim = run(work)
    assert (claim.is_mine, claim.intent.cancel_id) == (True, "c-2")


def test_once_the_order_is_canceled_its_intent_answers_for_ever(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        journal = SqlJournal(database, Crowd())
        await journal.claim(OWNER, wish("c-1"))
        await journal.apply(CancelId("c-1"), replied(Canceled(raw={"a": 1})), None)
        return await journal.claim(OWNER, wish("c-2", later_s=1))

    claim = run(work)
    assert (claim.is_mine, claim.intent.cancel_id, claim.intent.raw) == (False, "c-1", {"a": 1})


def test_what_is_stored_comes_back_whole(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        journal = SqlJournal(database, Crowd())
        await journal.claim(OWNER, wish("c-1"))
        applied = await journal.apply(CancelId("c-1"), replied(CancelPending(raw={"b": [1, "x"]})), T0)
        return applied, await journal.get(CancelId("c-1"))

    applied, read = run(work)
    assert applied == read
    assert read.order == order()


def test_evidence_from_two_sides_is_judged_one_after_the_other(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        journal = SqlJournal(database, Crowd())
        await journal.claim(OWNER, wish("c-1"))
        results = await asyncio.gather(
            journal.apply(CancelId("c-1"), replied(UNKNOWN), T0),
            journal.apply(CancelId("c-1"), looked(OrderStatus.CANCELED), T0),
            journal.apply(CancelId("c-1"), looked(OrderStatus.FILLED), T0),
        )
        return results, await journal.receipt(OWNER, CancelId("c-1"))

    results, (final, evidence) = run(work)
    assert [result.state for result in results] == [
        CancelState.UNKNOWN,
        CancelState.CONFIRMED,
        CancelState.CONFIRMED,
    ]
    assert final.state is CancelState.CONFIRMED
    assert [each.state for each in evidence] == ["UNKNOWN", "CONFIRMED"]


def test_proof_about_the_order_is_remembered_with_the_outcome(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        journal = SqlJournal(database, Crowd())
        await journal.claim(OWNER, wish("c-1"))
        await journal.apply(CancelId("c-1"), replied(UNKNOWN), T0)
        await journal.apply(CancelId("c-1"), looked(OrderStatus.FILLED), T0)
        return await SqlOrders(database).get(ACCOUNT, ORDER_ID)

    assert run(work).status is OrderStatus.FILLED


def test_a_closed_order_is_not_reopened_by_an_older_look(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        orders = SqlOrders(database)
        await orders.remember(ACCOUNT, [order(OrderStatus.CANCELED)], T0)
        await orders.remember(ACCOUNT, [order(OrderStatus.NEW)], T0)
        return await orders.get(ACCOUNT, ORDER_ID)

    assert run(work).status is OrderStatus.CANCELED


def test_an_older_look_that_is_heard_last_changes_nothing(run: Run[Any]) -> None:
    newer = replace(order(OrderStatus.PENDING_CANCEL), updated_at=T0 + timedelta(seconds=1))

    async def work(database: Database) -> Any:
        await furnish(database)
        orders = SqlOrders(database)
        await orders.remember(ACCOUNT, [newer], T0)
        await orders.remember(ACCOUNT, [order(OrderStatus.PARTIALLY_FILLED)], T0)
        return await orders.get(ACCOUNT, ORDER_ID)

    assert run(work) == newer


def test_a_look_that_does_not_say_where_the_order_is_found_forgets_nothing(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        orders = SqlOrders(database)
        for route, seconds in (("AAPL", 1), ("", 2)):
            seen = replace(order(), route=route, updated_at=T0 + timedelta(seconds=seconds))
            await orders.remember(ACCOUNT, [seen], T0)
        return await orders.get(ACCOUNT, ORDER_ID)

    assert run(work).route == "AAPL"


def test_open_intents_are_due_at_their_time_and_final_ones_never(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        journal = SqlJournal(database, Crowd())
        await journal.claim(OWNER, wish("c-1"))
        await journal.apply(CancelId("c-1"), replied(UNKNOWN), T0 + timedelta(seconds=5))
        early = await journal.due(T0 + timedelta(seconds=4), 10)
        in_time = await journal.due(T0 + timedelta(seconds=5), 10)
        absent = Looked(look=OrderAbsent(), known=wish("c-1"), started_at=T0, ended_at=T0)
        await journal.apply(CancelId("c-1"), absent, T0 + timedelta(seconds=9))
        later = await journal.due(T0 + timedelta(seconds=9), 10)
        await journal.apply(CancelId("c-1"), looked(OrderStatus.CANCELED), T0)
        return early, in_time, later, await journal.due(T0 + timedelta(days=1), 10)

    early, in_time, later, final = run(work)
    assert early == final == []
    assert [each.looks for each in in_time] == [0]
    assert [each.looks for each in later] == [1]


def test_words_that_no_database_takes_do_not_keep_a_verdict_from_being_recorded(run: Run[Any]) -> None:
    async def work(database: Database) -> Any:
        await furnish(database)
        journal = SqlJournal(database, Crowd())
        await journal.claim(OWNER, wish("c-1"))
        await journal.apply(CancelId("c-1"), replied(replace(UNKNOWN, message="a\0b")), T0)
        return await journal.get(CancelId("c-1"))

    assert run(work).message == "a\ufffdb"
