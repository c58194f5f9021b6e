"""A face: the HTTP API of one brokerage, in front of the exchange.

What an order is, who may see it and what becomes of it, the exchange knows. A face knows the words: paths,
authentication, bodies, statuses, errors. It is written from the vendor's documents, and never from the
adapter that is tried against it.
"""

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

from nostro.brokers.transport import Reply, Request
from nostro.sim.exchange import Exchange
from nostro.sim.refusals import Refused, UnknownAccount, UnknownCustomer, UnknownOrder, UnknownRoute


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How the brokerage is at the moment of a request."""

    at: datetime
    """That moment, by the wall's clock, which `Face.customer` is told too."""
    hides: Callable[[str], bool]
    """Says whether an order cannot be seen now."""
    acknowledge_only: bool = False
    """Cancels are taken and not carried out at once."""
    acknowledge_delay_s: float | None = None
    forgets_cancels: bool = False
    """Cancels are taken, and nothing comes of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request, understood."""

    operation: str
    """`cancel`, `place`, `replace`, `look_up`, `list` or `read`; or `cancel_all`, which has no faults."""
    account: str
    """As it is named; empty where it is not."""
    order_id: str | None
    """The order that is named."""
    client_order_id: str
    named: Mapping[str, str]
    """All that the path names, by the groups of its pattern, and what the route reads elsewhere."""
    query: Mapping[str, str]
    """Of a name that stands twice the last value counts."""
    pairs: tuple[tuple[str, str], ...]
    """The whole query, in its order."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    answer: "Callable[[Asked], Reply]"
    refuse: Callable[[Refused], Reply]
    is_public: bool = False

    def every(self, name: str) -> list[str]:
        """List all values that the query gives a name."""
        return [value for each, value in self.pairs if each == name]

    def form(self) -> dict[str, str]:
        """Read a body that is form-encoded; of a name that stands twice the last value counts."""
        return form(self.body)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of one customer, under what is the case now."""

    exchange: Exchange
    owner: str
    """The customer's API key, as the exchange has it; of a public route whatever the face found."""
    account: str
    """Number of the account that is meant: the one named, else the customer's first; of a public route none.
    """
    call: Call
    conditions: Conditions

    def order_id(self) -> str:
        """Return the order that is named; raises UnknownOrder while it is hidden."""
        order_id = self.call.order_id or ""
        if self.conditions.hides(order_id):
            raise UnknownOrder(order_id)
        return order_id


Caller = str | Refused
"""A customer's API key, empty where there is none; or why the face knows no customer."""

Names = Callable[[Mapping[str, str], bytes], Mapping[str, str]]
"""Reads names out of a query and a body."""


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: re.Pattern[str]
    """Matched whole; the groups `account`, `order` and `client` (a client order id) mean these."""
    operation: str
    answer: Callable[[Asked], Reply]
    names: Names | None = None
    """Reads `account`, `order` and `client` where the path does not name them; raises ValueError."""
    refuse: Callable[[Refused], Reply] | None = None
    """Words a refusal where this route does so in a way of its own; None: as the face does."""
    is_public: bool = False
    """Answers anybody: prices, the time, what is listed."""


def route(
    method: str,
    path: str,
    operation: str,
    answer: Callable[[Asked], Reply],
    names: Names | None = None,
    refuse: Callable[[Refused], Reply] | None = None,
    *,
    is_public: bool = False,
) -> Route:
    return Route(method, re.compile(path), operation, answer, names, refuse, is_public)


def in_query(**parameters: str) -> Names:
    """Make a reader of names that stand in the query: of each name, its parameter."""
    return lambda query, _body: {name: query.get(each, "") for name, each in parameters.items()}


def reply(status: int, document: object, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with JSON; `headers` go beside the usual ones, their names in lower case."""
    return Reply(status, json.dumps(document).encode(), headers or {})


def form(body: bytes) -> dict[str, str]:
    """Read a body that is form-encoded; of a name that stands twice the last value counts."""
    return dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    slug: str
    """As the adapter's, in lower case."""
    routes: tuple[Route, ...]
    customer: Callable[[Request, datetime], str]
    """Finds the customer's API key in a request received at that time; empty: none, or a bad signature.

    Raises Refused where the vendor says more than that nobody has this key: a bad signature, a wrong clock.
    Names of headers are in lower case.
    """
    refuse: Callable[[Refused], Reply]
    """Words a refusal of the exchange's."""
    failure: Callable[[int], Reply]
    """Words what goes wrong before anybody looks at the request: 429 and what begins with 5."""
    no_orders: Callable[[], Reply]
    """The list of an account that has none; every kind of list, if there are several."""
    about_another_order: Callable[[Reply], Reply]
    """Lets a reply name another order than the one it is about."""
    shape_id: Callable[[UUID], str] = str
    """Gives an order's id the form that it has here."""
    name_account: Callable[[str], str] = str
    """Gives the name by which requests mean the account of this number."""
    issue: Callable[[str], Mapping[str, str]] | None = None
    """Gives the credentials of the customer with this API key, as the adapter's specification names them.

    None where any secret will do. They follow from the key alone: nothing here keeps them.
    """

    def understand(self, request: Request) -> Call | None:
        """Find what is asked for; None when there is no such route."""
        split = urlsplit(request.path)
        for each in self.routes:
            match = each.path.fullmatch(split.path)
            if match is not None and each.method == request.method:
                names = {name: unquote(text or "") for name, text in match.groupdict().items()}
                pairs = tuple(parse_qsl(split.query))
                query = dict(pairs)
                if each.names is not None:
                    with contextlib.suppress(ValueError):  # the answer says what is wrong with it
                        names |= each.names(query, request.body)
                return Call(
                    operation=each.operation,
                    account=names.get("account", ""),
                    order_id=names.get("order"),
                    client_order_id=names.get("client", ""),
                    named=names,
                    query=query,
                    pairs=pairs,
                    headers=request.headers,
                    body=request.body,
                    answer=each.answer,
                    refuse=each.refuse or self.refuse,
                    is_public=each.is_public,
                )
        return None

    def find_account(self, exchange: Exchange, owner: str, name: str) -> str:
        """Find the number of a customer's account by its name here, or of the first without one.

        Raises UnknownCustomer, UnknownAccount.
        """
        own = {self.name_account(account.number): account.number for account in exchange.accounts(owner)}
        if not own:
            raise UnknownCustomer
        number = own.get(name or next(iter(own)))
        if number is None:
            raise UnknownAccount(name)
        return number

    def perform(self, exchange: Exchange, caller: Caller, call: Call | None, conditions: Conditions) -> Reply:
        """Carry out what the caller asks for, and answer."""
        owner = caller if isinstance(caller, str) else ""
        try:
            if call is not None and call.is_public:
                return call.answer(Asked(exchange, owner, "", call, conditions))
            if isinstance(caller, Refused):
                raise caller
            account = self.find_account(exchange, owner, "" if call is None else call.account)
            if call is None:
                raise UnknownRoute
            return call.answer(Asked(exchange, owner, account, call, conditions))
        except Refused as refused:
            return (self.refuse if call is None else call.refuse)(refused)
