"""The ASGI application.

One request in, one answer out, and nothing that a client sends is trusted on the way.

target   path and query are unambiguous, or 400      `wire.signature.check_target`
route    an operation, or 404, or 405                `router.py`
body     whole, in time, and small                   `_receive`
lane     a place among all requests, or 503          `lanes.py`; under load `protocol.py` asks `sheds` before
read     one JSON reading of it, or 400              `wire.strict_json`
prove    signature, timestamp, user                  `authenticate.py`
limit    a place in the caller's minute, or 429      `limits.py`
call     the operation's handler
answer   JSON, in time; every refusal by `wire.errors.render_error`
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import structlog

from nostro.domain.errors import (
    AnswerLate,
    BodyTooSlow,
    Forbidden,
    InvalidRequest,
    MalformedBody,
    Refusal,
    Throttled,
)
from nostro.http.authenticate import Authenticator
from nostro.http.call import Answer, Call, Caller, Commands, preferred_wait_s
from nostro.http.lanes import Lane, Lanes, Phase
from nostro.http.limits import Allowance, RateLimits
from nostro.http.meter import Meter
from nostro.http.operation import Operation, Who
from nostro.http.router import MethodMissing, Router
from nostro.ports import Ids
from nostro.settings import Settings
from nostro.wire.errors import UNEXPECTED, render_error
from nostro.wire.signature import SignedRequest, check_target, parse_query
from nostro.wire.strict_json import MAX_BYTES, read_json
from nostro.wire.values import encode

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

RECEIVE_TIMEOUT_S = 10.0
"""How long a body may take to arrive."""

ANSWER_DEADLINE_S = 9.9
"""How long an answer may take from the whole request on, whatever is asked and whoever hangs; and as long on
top as its caller prefers to wait. A cancel, which has more to say, answers by itself before that."""

RETRY_AFTER_S = b"1"

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_COMMON_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)

log = structlog.get_logger()


class Gateway:
    def __init__(
        self,
        *,
        router: Router,
        authenticate: Authenticator,
        lanes: Lanes,
        limits: RateLimits,
        meter: Meter,
        commands: Commands,
        settings: Settings,
        ids: Ids,
    ) -> None:
        self._router = router
        self._authenticate = authenticate
        self._lanes = lanes
        self._limits = limits
        self._meter = meter
        self._clock = commands.clock
        self._commands = commands
        self._settings = settings
        self._ids = ids

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"this application does not speak {scope['type']}")
        request_id = self._ids.uuid().replace("-", "")
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            answer = await self._answer(scope, receive)
        await _send(send, answer, request_id)

    def sheds(self, method: str, path: str) -> bool:
        """Say whether a request is refused for load by its head alone; counts it then."""
        if not self._lanes.is_strained:
            return False
        try:
            operation, _ = self._router.find(method, path)
        except Refusal:
            operation = None
        lane = Lane.READ if operation is None else operation.lane
        if not self._lanes.sheds(lane):
            return False
        self._meter.answered(operation, 503, 0.0)
        return True

    async def _answer(self, scope: Message, receive: Receive) -> Answer:
        told: list[tuple[bytes, bytes]] = []
        begun = self._clock.monotonic()
        operation: Operation | None = None
        try:
            path, query = check_target(scope["raw_path"], scope["query_string"])
            operation, parameters = self._router.find(scope["method"], path)
            headers = dict(scope["headers"])
            body = await _receive(receive, headers)  # before the lane: a slow client must not fill one
            arrived = _Arrived(operation, parameters, path, query, headers, body, scope)
            self._lanes.enter(operation.lane)
            try:
                answer = await self._answer_in_time(arrived, told)
            finally:
                self._lanes.leave(operation.lane)
            if not isinstance(answer.body, bytes):
                answer = replace(answer, body=encode(answer.body))
        except Exception as error:  # noqa: BLE001 - the one place where a refusal becomes an answer
            answer = _refuse(error)
        self._meter.answered(operation, answer.status, self._clock.monotonic() - begun)
        if self._lanes.phase is Phase.DRAINING:
            told.append((b"connection", b"close"))
        return replace(answer, headers=(*answer.headers, *told)) if told else answer

    async def _answer_in_time(self, arrived: "_Arrived", told: list[tuple[bytes, bytes]]) -> Answer:
        """Answer, or raise AnswerLate. What must not stop half-way runs in tasks of its own."""
        limit_s = ANSWER_DEADLINE_S + (preferred_wait_s(arrived.headers) or 0.0)
        try:
            async with asyncio.timeout(limit_s) as deadline:
                return await arrived.operation.handler(await self._call(arrived, told))
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise AnswerLate from error

    async def _call(self, arrived: "_Arrived", told: list[tuple[bytes, bytes]]) -> Call:
        """Read the body once and prove the caller; `told` collects headers for any answer."""
        operation, headers, scope = arrived.operation, arrived.headers, arrived.scope
        query = parse_query(arrived.query)
        caller: Caller | None = None
        value: object
        if operation.takes_web_form:
            value = dict(parse_qsl(arrived.body.decode("utf-8", "replace"), keep_blank_values=True))
        else:
            document = read_json(arrived.body)
            value = document.value
            if operation.who in (Who.USER, Who.PARTNER):
                signature = headers.get(b"signature", b"").decode("latin-1")
                request = SignedRequest(raw_path=arrived.path, raw_query=arrived.query, document=document)
                caller, value = await self._authenticate(operation, request, query, signature)
                allowance = self._limits.take(caller.key.client_id, operation.lane)
                told.extend(() if allowance is None else allowance.headers())
                await self._authenticate.use_signature(operation, caller.key, signature)
        if operation.who is Who.LOCAL:
            _check_local(scope, headers)
        return Call(
            do=self._commands,
            path=arrived.parameters,
            query=query,
            value=value,
            headers=headers,
            caller=caller,
            base_url=self._settings.public_url or _base_url(scope, headers),
        )


@dataclass(frozen=True, slots=True)
class _Arrived:
    """One whole request for a known operation, of which nothing is proven yet."""

    operation: Operation
    parameters: dict[str, str]
    path: str
    query: str
    headers: dict[bytes, bytes]
    body: bytes
    scope: Message


def _check_local(scope: Message, headers: dict[bytes, bytes]) -> None:
    """Let only this machine in, and no web page that a browser on it shows."""
    client = scope.get("client")
    if client is None or client[0] not in _LOOPBACK or b"origin" in headers:
        raise Forbidden("This answers only to programs on the server's own machine.")


def _base_url(scope: Message, headers: dict[bytes, bytes]) -> str:
    host = headers.get(b"host", b"").decode("latin-1")
    return f"{scope['scheme']}://{host}"


async def _receive(receive: Receive, headers: dict[bytes, bytes]) -> bytes:
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit():
        raise InvalidRequest("Content-Length is not a number.")
    if int(declared) > MAX_BYTES:
        raise MalformedBody(f"The request body is larger than {MAX_BYTES // 1024} KiB.")
    parts: list[bytes] = []
    size_bytes = 0
    try:
        async with asyncio.timeout(RECEIVE_TIMEOUT_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise BodyTooSlow("The client hung up before its request was whole.")
                part = message.get("body", b"")
                size_bytes += len(part)
                if size_bytes > MAX_BYTES:
                    raise MalformedBody(f"The request body is larger than {MAX_BYTES // 1024} KiB.")
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise BodyTooSlow from None


def _refuse(error: Exception) -> Answer:
    row, body = render_error(error)
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if row is UNEXPECTED:
        log.error("request_failed", exc_info=error)
    if row.status == 503:
        headers = ((b"retry-after", RETRY_AFTER_S),)
    if isinstance(error, Throttled):
        allowance = Allowance(error.limit, 0, error.retry_after_s)
        headers = ((b"retry-after", str(error.retry_after_s).encode()), *allowance.headers())
    if isinstance(error, MethodMissing):
        headers = ((b"allow", error.allowed.encode()),)
    return Answer(body=encode(body), status=row.status, headers=headers)


async def _send(send: Send, answer: Answer, request_id: str) -> None:
    body = answer.body
    assert isinstance(body, bytes)
    headers = [
        (b"content-type", answer.content_type),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        *_COMMON_HEADERS,
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
