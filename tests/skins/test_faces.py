"""Faces are found, run by name, and written to the wire as their vendors write."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from nostro.brokers.registry import discover
from nostro.brokers.transport import Reply, Request
from nostro.sim.face import Asked, Call, Face, in_query, route
from nostro.sim.native import NATIVE
from nostro.sim.refusals import Malformed, UnknownOrder
from nostro.sim.skins import faces
from tests.cli.conftest import run_nostro
from tests.sim.market import ACCOUNT, API_KEY, OPENED_AT
from tests.simbroker.brokerage import brokerage

FOLDER = Path(__file__).parents[2] / "src" / "nostro" / "sim" / "skins"


def test_every_module_of_the_folder_is_a_face_and_the_native_one_is_paper() -> None:
    modules = {path.stem for path in FOLDER.iterdir() if not path.name.startswith("_")}
    assert set(faces()) == modules | {"paper"}
    assert all(face.slug == slug for slug, face in faces().items())


def test_an_unknown_face_is_an_error_that_lists_those_there_are(tmp_path: Path) -> None:
    result = run_nostro("simbroker", "--as", "nobody", "--data", str(tmp_path / "exchange"))
    assert result.exit_code == 2
    assert all(slug in result.output for slug in ("nobody", *faces()))
    assert not (tmp_path / "exchange").exists()


ISSUING = sorted(slug for slug, face in faces().items() if face.issue is not None)


@pytest.mark.parametrize("slug", ISSUING)
def test_what_a_face_issues_is_what_its_adapter_asks_for_and_the_command_prints_it(slug: str) -> None:
    result = run_nostro("simbroker", "--as", slug, "--issue", "open-me")
    assert result.exit_code == 0, result.stderr
    issued = json.loads(result.stdout)
    kinds = {kind.spec.slug: kind for kind in discover()}
    if slug.upper() in kinds:
        assert set(issued) == {each.name for each in kinds[slug.upper()].spec.credentials}
    assert all(issued.values())
    other = run_nostro("simbroker", "--as", slug, "--issue", "open-another")
    assert json.loads(other.stdout) != issued


def test_a_face_that_takes_any_secret_issues_none() -> None:
    result = run_nostro("simbroker", "--as", "alpaca", "--issue", "open-me")
    assert result.exit_code == 1
    assert "any secret" in result.stderr


def answering(answer: Callable[[Asked], Reply]) -> Face:
    return replace(NATIVE, routes=(route("GET", "/thing", "read", answer),))


def bytes_of(face: Face) -> bytes:
    """Ask for the thing over a socket, and take what comes to the letter."""

    async def run() -> bytes:
        async with brokerage(face) as broker:
            reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
            writer.write(f"GET /thing HTTP/1.1\r\nX-Api-Key: {API_KEY}\r\n\r\n".encode())
            writer.write_eof()
            received = await reader.read()
            writer.close()
            await writer.wait_closed()
            return received

    return asyncio.run(run())


def test_a_204_has_neither_a_body_nor_a_length() -> None:
    assert bytes_of(answering(lambda _: Reply(204, b""))) == b"HTTP/1.1 204 No Content\r\n\r\n"


def test_a_reply_brings_headers_of_its_own() -> None:
    reply = Reply(201, b"<a/>", {"content-type": "text/xml", "location": "/thing/1"})
    head, _, body = bytes_of(answering(lambda _: reply)).partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 201 Created",
        b"Content-Type: text/xml",
        b"Content-Length: 4",
        b"Location: /thing/1",
    ]
    assert body == b"<a/>"


def understood(face: Face, request: Request) -> Call:
    call = face.understand(request)
    assert call is not None
    return call


def test_a_form_encoded_body_can_be_read() -> None:
    call = understood(
        answering(lambda _: Reply(204, b"")), Request("GET", "/thing", b"symbol=BTC%2FUSD&tag=&price=1+2")
    )
    assert call.form() == {"symbol": "BTC/USD", "tag": "", "price": "1 2"}


def test_a_body_can_name_the_order_and_one_that_cannot_be_read_names_none() -> None:
    def names(_query: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        return {"order": str(json.loads(body)["id"])}

    face = replace(
        NATIVE, routes=(route("POST", "/cancel", "cancel", lambda _: Reply(200, b"{}"), names=names),)
    )
    assert understood(face, Request("POST", "/cancel", b'{"id": 7}')).order_id == "7"
    assert understood(face, Request("POST", "/cancel", b"nothing")).order_id is None


def test_a_query_can_name_the_order() -> None:
    names = in_query(order="orderId", client="mine")
    face = replace(
        NATIVE, routes=(route("GET", "/order", "look_up", lambda _: Reply(200, b"{}"), names=names),)
    )
    call = understood(face, Request("GET", "/order?orderId=12&mine=a%20b"))
    assert (call.order_id, call.client_order_id) == ("12", "a b")


def test_a_name_can_stand_in_a_query_more_than_once() -> None:
    call = understood(answering(lambda _: Reply(204, b"")), Request("GET", "/thing?id=1&of=a&id=2"))
    assert (call.every("id"), call.every("none")) == (["1", "2"], [])
    assert call.query == {"id": "2", "of": "a"}


def test_an_account_can_go_by_another_name_than_its_number() -> None:
    def named(_query: Mapping[str, str], _body: bytes) -> Mapping[str, str]:
        return {"account": ACCOUNT.lower()}

    face = replace(
        NATIVE,
        routes=(route("GET", "/thing", "read", lambda asked: Reply(200, asked.account.encode()), named),),
        name_account=str.lower,
    )
    assert bytes_of(face).endswith(ACCOUNT.encode())
    assert bytes_of(replace(face, name_account=str)).startswith(b"HTTP/1.1 404")


def test_an_answer_can_read_a_header() -> None:
    face = answering(lambda asked: Reply(200, asked.call.headers["x-api-key"].encode()))
    assert bytes_of(face).endswith(API_KEY.encode())


def test_a_route_can_refuse_in_words_of_its_own() -> None:
    def gone(_asked: Asked) -> Reply:
        raise UnknownOrder("1")

    own = route(
        "GET", "/thing", "read", gone, refuse=lambda refused: Reply(418, type(refused).__name__.encode())
    )
    assert bytes_of(replace(NATIVE, routes=(own,))).startswith(b"HTTP/1.1 418")
    assert bytes_of(answering(gone)).startswith(b"HTTP/1.1 404")


def test_a_public_route_answers_anybody() -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(200, f"{asked.owner}|{asked.account}".encode())

    public = route("GET", "/thing", "read", answer, is_public=True)
    face = replace(NATIVE, routes=(public,), customer=lambda _request, _at: "")
    assert bytes_of(face).endswith(b"\r\n\r\n|")
    assert b" 401 " in bytes_of(replace(face, routes=(replace(public, is_public=False),)))


def test_a_face_can_say_why_it_knows_no_customer() -> None:
    def customer(_request: Request, _at: datetime) -> str:
        raise Malformed("a bad signature")

    received = bytes_of(replace(answering(lambda _: Reply(204, b"")), customer=customer))
    assert received.startswith(b"HTTP/1.1 400")
    assert b"a bad signature" in received


@pytest.mark.parametrize(
    "headers",
    [{}, {"apca-api-key-id": "key"}, {"apca-api-key-id": "key", "apca-api-secret-key": ""}],
)
def test_alpacas_customer_is_nobody_without_both_headers(headers: dict[str, str]) -> None:
    assert customer(headers) == ""
    assert customer({"apca-api-key-id": "key", "apca-api-secret-key": "secret"}) == "key"


def customer(headers: dict[str, str]) -> str:
    return faces()["alpaca"].customer(Request("GET", "/v2/account", headers=headers), OPENED_AT)
