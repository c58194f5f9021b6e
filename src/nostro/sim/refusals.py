"""What the exchange says no to. `str()` of each is a sentence for the customer; nothing was changed."""

from decimal import Decimal

from nostro.domain.order import Order


class Refused(Exception):
    """The request can not be carried out as it stands."""


class Malformed(Refused):
    """The request cannot be read; `str()` says where."""


class UnknownCustomer(Refused):
    def __init__(self) -> None:
        super().__init__("This API key is not known.")


class UnknownRoute(Refused):
    def __init__(self) -> None:
        super().__init__("There is no such route.")


class UnknownAccount(Refused):
    def __init__(self, number: str) -> None:
        super().__init__(f"There is no account {number}.")
        self.number = number


class UnknownOrder(Refused):
    def __init__(self, order_id: str) -> None:
        super().__init__(f"There is no order {order_id}.")
        self.order_id = order_id


class UnknownSymbol(Refused):
    def __init__(self, symbol: str) -> None:
        super().__init__(f"Unknown symbol: {symbol}.")
        self.symbol = symbol


class InsufficientFunds(Refused):
    """In US dollars: what the order takes, and what the account has."""

    def __init__(self, needed: Decimal, available: Decimal) -> None:
        super().__init__(
            f"Insufficient buying power: the order needs {needed:.2f} USD,"
            f" the account has {available:.2f} USD."
        )
        self.needed = needed
        self.available = available


class OrderClosed(Refused):
    """The order has ended; `order` shows how."""

    def __init__(self, order: Order) -> None:
        super().__init__(f"Order {order.brokerage_order_id} is closed: it is {order.status.value}.")
        self.order = order


class CancelAlreadyPending(Refused):
    """A cancel of the order was acknowledged before, and is not carried out yet."""

    def __init__(self, order: Order) -> None:
        super().__init__(f"A cancel of order {order.brokerage_order_id} is pending already.")
        self.order = order
