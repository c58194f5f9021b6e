"""Adapters that lie, each in one way, and the cases that are about it."""

from dataclasses import replace
from decimal import Decimal

from nostro.domain.cancel import (
    CancelPending,
    CancelRejected,
    CancelRejectReason,
    CancelUnknown,
    LookFailed,
    NotSent,
    NotSentCause,
    OrderAbsent,
    OrderFound,
    UnknownCause,
)
from nostro.domain.ids import BrokerageOrderId
from nostro.domain.order import OrderStatus
from nostro.domain.place import Placed, PlaceRejected, Replaced

from .lying import (
    Lie,
    again_when_unknown,
    all_there_ever_was,
    always,
    any_id,
    canceled,
    cents,
    foreign_accounts_later,
    is_a,
    nobody_knows,
    nothing_on_failure,
    of_another_class,
    only_what_is_listed,
    raises,
    refused,
    rejected,
    says,
    shows,
    the_first_of_the_list,
    the_newest,
    the_whole_group,
    twice,
    unknown,
)

_LIES_OF_CANCELS = (
    ("nothing is ever known", says(always, nobody_knows), ("C01", "C02", "C05", "C06", "C57")),
    ("cancels are sent twice", twice, ("C01", "C18", "C57", "C69")),
    (
        "a closed order is called canceled",
        says(rejected(CancelRejectReason.TOO_LATE), canceled),
        ("C03", "C04", "C07", "C08", "C09", "C49"),
    ),
    ("a refusal is taken for a success", says(is_a(CancelRejected), canceled), ("C10", "C11")),
    (
        "an absent order is called canceled",
        says(rejected(CancelRejectReason.UNKNOWN_ORDER), canceled),
        ("C12", "C13", "C14", "C42"),
    ),
    ("the id is not checked", any_id, ("C15", "C16")),
    ("the newest order is canceled, whichever was meant", the_newest, ("C18",)),
    ("what is pending is called canceled", says(is_a(CancelPending), canceled), ("C19", "C20", "C21")),
    (
        "what cannot be read is called canceled",
        says(unknown(UnknownCause.UNREADABLE_REPLY), canceled),
        ("C22", "C24", "C25", "C26", "C27", "C28"),
    ),
    (
        "a reply about another order is believed",
        says(unknown(UnknownCause.OTHER_ORDER_IN_REPLY), canceled),
        ("C23",),
    ),
    ("a 401 is called a rejection", says(unknown(UnknownCause.AUTH_REFUSED), refused), ("C29",)),
    ("a 429 is called a rejection", says(unknown(UnknownCause.RATE_LIMITED), refused), ("C30",)),
    (
        "a 500 is called a rejection",
        says(unknown(UnknownCause.SERVER_ERROR), refused),
        ("C31", "C32", "C33"),
    ),
    ("a timeout is called canceled", says(unknown(UnknownCause.TIMEOUT), canceled), ("C35", "C36")),
    ("a timeout raises", raises, ("C35", "C36")),
    ("a cancel is sent again when its reply is lost", again_when_unknown, ("C37",)),
    (
        "a lost reply is called not sent",
        says(
            unknown(UnknownCause.CONNECTION_LOST),
            lambda _: NotSent(cause=NotSentCause.CONNECT_FAILED, message=""),
        ),
        ("C37",),
    ),
    ("what was not sent is called unknown", says(is_a(NotSent), nobody_knows), ("C39",)),
    (
        "a dropped connection is called canceled",
        says(unknown(UnknownCause.CONNECTION_LOST), canceled),
        ("C40",),
    ),
    ("only what is listed is canceled", only_what_is_listed, ("C41",)),
    ("a group is canceled as a whole", the_whole_group, ("C69", "C70")),
)
_LIES_OF_LOOKS = (
    ("fills are not shown", shows(lambda order: replace(order, filled_quantity=Decimal(0))), ("C02", "C03")),
    ("the successor is not named", shows(lambda order: replace(order, replaced_by=None)), ("C09", "C49")),
    (
        "no order is ever found",
        says(is_a(OrderFound), lambda _: OrderAbsent()),
        ("C17", "C42"),
    ),
    (
        "a look that failed is called absent",
        says(is_a(LookFailed), lambda _: OrderAbsent()),
        ("C24", "C25", "C26", "C27", "C28", "C29", "C30", "C34", "C38"),
    ),
    (
        "every order is shown as canceled",
        shows(lambda order: replace(order, status=OrderStatus.CANCELED)),
        ("C03", "C07", "C08", "C10", "C11", "C19", "C21", "C32", "C36", "C52"),
    ),
    (
        "a word is not recognized",
        shows(lambda order: replace(order, status=OrderStatus.UNRECOGNIZED)),
        ("C51", "C52"),
    ),
    ("amounts are rounded", shows(cents), ("C51", "C53", "C54")),
    ("another class is shown", shows(of_another_class), ("C59", "C60", "C61", "C62", "C63")),
    ("the value is lost", shows(lambda order: replace(order, notional=None)), ("C64",)),
    ("a leg is lost", shows(lambda order: replace(order, legs=order.legs[:1])), ("C65",)),
)
_LIES_OF_PLACES = (
    ("an order is placed twice", twice, ("C43", "C45")),
    ("a place is sent again when it was not answered", again_when_unknown, ("C45",)),
    ("a refused order is called unknown", says(is_a(PlaceRejected), nobody_knows), ("C44",)),
    (
        "the price is another",
        says(
            is_a(Placed),
            lambda placed: replace(
                placed, orders=(replace(placed.orders[0], limit_price=Decimal(1)), *placed.orders[1:])
            ),
        ),
        ("C43",),
    ),
)
_OTHER_LIES = (
    Lie(
        what="what is not answered is called placed",
        method="place_order",
        tell=says(is_a(CancelUnknown), lambda _: Placed(orders=(), raw=None)),
        caught_by=("C45", "C46"),
    ),
    Lie(
        what="a reply about another order is called placed",
        method="place_order",
        tell=says(unknown(UnknownCause.OTHER_ORDER_IN_REPLY), lambda _: Placed(orders=(), raw=None)),
        caught_by=("C46",),
    ),
    Lie(
        what="client order ids are forgotten",
        method="find_client_order",
        tell=says(is_a(OrderFound), lambda _: OrderAbsent()),
        caught_by=("C46",),
    ),
    Lie(
        what="any order is taken for the one with this client order id",
        method="find_client_order",
        tell=the_first_of_the_list,
        caught_by=("C47",),
    ),
    Lie(
        what="another order is named as replaced",
        method="replace_order",
        tell=says(
            is_a(Replaced), lambda replaced: replace(replaced, replaced_id=BrokerageOrderId("another"))
        ),
        caught_by=("C48",),
    ),
    Lie(
        what="a replace is sent again when it was not answered",
        method="replace_order",
        tell=again_when_unknown,
        caught_by=("C49",),
    ),
    Lie(
        what="a replace that was refused is called unknown",
        method="replace_order",
        tell=says(is_a(PlaceRejected), nobody_knows),
        caught_by=("C50",),
    ),
    Lie(
        what="one order is missing from the list",
        method="list_orders",
        tell=says(always, lambda orders: orders[1:]),
        caught_by=("C51",),
    ),
    Lie(
        what="the list begins where it always does",
        method="list_orders",
        tell=all_there_ever_was,
        caught_by=("C51",),
    ),
    Lie(
        what="a list that failed is called empty",
        method="list_orders",
        tell=nothing_on_failure,
        caught_by=("C58",),
    ),
    Lie(
        what="another customer's account is shown",
        method="list_accounts",
        tell=foreign_accounts_later,
        caught_by=("C55",),
    ),
    Lie(
        what="a dollar of cash is missing",
        method="list_balances",
        tell=says(always, lambda rows: [replace(row, cash=row.cash - 1) for row in rows]),
        caught_by=("C56",),
    ),
    Lie(
        what="positions are left out",
        method="list_positions",
        tell=says(always, lambda rows: rows[1:]),
        caught_by=("C56",),
    ),
    Lie(
        what="only the first order of a group is named",
        method="place_group",
        tell=says(is_a(Placed), lambda placed: replace(placed, orders=placed.orders[:1])),
        caught_by=("C66", "C67", "C68"),
    ),
)
LIES = (
    *(
        Lie(what=what, method="cancel_order", tell=tell, caught_by=caught_by)
        for what, tell, caught_by in _LIES_OF_CANCELS
    ),
    *(
        Lie(what=what, method="look_up_order", tell=tell, caught_by=caught_by)
        for what, tell, caught_by in _LIES_OF_LOOKS
    ),
    *(
        Lie(what=what, method="place_order", tell=tell, caught_by=caught_by)
        for what, tell, caught_by in _LIES_OF_PLACES
    ),
    *_OTHER_LIES,
)
HONEST = Lie(what="nothing", method="cancel_order", tell=says(lambda _: False, nobody_knows), caught_by=())
