"""A face: the HTTP API of one brokerage, in front of the exchange.

What an order is, who may see it and what becomes of it, the exchange knows. A face knows the words: paths,
authentication, bodies, statuses, errors. It is written from the vendor's documents, and never from the
adapter that is tried against it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

from nostro.brokers.transport import Reply, Request
from nostro.sim.exchange import Exchange
from nostro.sim.refusals import Refused, UnknownAccount, UnknownCustomer, UnknownOrder, UnknownRoute


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How the brokerage is at the moment of a request."""

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
    """As the path names it; empty where it names none."""
    order_id: str | None
    """The order that the path names."""
    client_order_id: str
    named: Mapping[str, str]
    """What else the path names, by the groups of its pattern."""
    query: Mapping[str, str]
    body: bytes
    answer: "Callable[[Asked], Reply]"

    def form(self) -> dict[str, str]:
        """Read a body that is form-encoded; of a name that stands twice the last value counts."""
        return dict(parse_qsl(self.body.decode("latin-1"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of one customer, under what is the case now."""

    exchange: Exchange
    owner: str
    """The customer's API key, as the exchange has it."""
    account: str
    """Number of the account that is meant: the one named, else the customer's first."""
    call: Call
    conditions: Conditions

    def order_id(self) -> str:
        """Return the order that the path names; raises UnknownOrder while it is hidden."""
        order_id = self.call.order_id or ""
        if self.conditions.hides(order_id):
            raise UnknownOrder(order_id)
        return order_id


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: re.Pattern[str]
    """Matched whole; the groups `account`, `order` and `client` mean these."""
    operation: str
    answer: Callable[[Asked], Reply]
    client_parameter: str = ""
    """Parameter of the query that names a client order id, where the path does not."""


def route(
    method: str, path: str, operation: str, answer: Callable[[Asked], Reply], client_parameter: str = ""
) -> Route:
    return Route(method, re.compile(path), operation, answer, client_parameter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    slug: str
    """As the adapter's, in lower case."""
    routes: tuple[Route, ...]
    customer: Callable[[Mapping[str, str]], str]
    """Finds the customer's API key in a request's headers, whose names are in lower case; empty: none."""
    refuse: Callable[[Refused], Reply]
    """Words a refusal of the exchange's."""
    failure: Callable[[int], Reply]
    """Words what goes wrong before anybody looks at the request: 429 and what begins with 5."""
    no_orders: Callable[[], Reply]
    """The list of an account that has none."""
    about_another_order: Callable[[Reply], Reply]
    """Lets a reply name another order than the one it is about."""
    shape_id: Callable[[UUID], str] = str
    """Gives an order's id the form that it has here."""

    def understand(self, request: Request) -> Call | None:
        """Find what is asked for; None when there is no such route."""
        split = urlsplit(request.path)
        for each in self.routes:
            match = each.path.fullmatch(split.path)
            if match is not None and each.method == request.method:
                names = {name: unquote(text or "") for name, text in match.groupdict().items()}
                query = dict(parse_qsl(split.query))
                return Call(
                    operation=each.operation,
                    account=names.get("account", ""),
                    order_id=names.get("order"),
                    client_order_id=names.get("client", "") or query.get(each.client_parameter, ""),
                    named=names,
                    query=query,
                    body=request.body,
                    answer=each.answer,
                )
        return None

    def perform(self, exchange: Exchange, owner: str, call: Call | None, conditions: Conditions) -> Reply:
        """Carry out what the customer asks for, and answer."""
        own = [account.number for account in exchange.accounts(owner)]
        try:
            if not own:
                raise UnknownCustomer
            if call is None:
                raise UnknownRoute
            account = call.account or own[0]
            if account not in own:
                raise UnknownAccount(account)
            return call.answer(Asked(exchange, owner, account, call, conditions))
        except Refused as refused:
            return self.refuse(refused)
