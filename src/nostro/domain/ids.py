"""Names for the strings that must not be mistaken for one another.

All are opaque text. `AccountId`, `ConnectionId` and `CancelId` are issued by nostro and are canonical
lower-case UUIDs; `BrokerageOrderId` is whatever the brokerage says, and is checked against that brokerage's
own grammar (`BrokerSpec.order_id`) before any byte is sent.
"""

import re
from typing import NewType

ClientId = NewType("ClientId", str)
"""Identity of an API partner (SnapTrade's `clientId`)."""

UserId = NewType("UserId", str)
"""The partner's own name for one of its users; unique only within one `ClientId`."""

ConnectionId = NewType("ConnectionId", str)
"""One user's authorization at one brokerage (SnapTrade's "brokerage authorization")."""

AccountId = NewType("AccountId", str)
"""One account of one connection, as nostro names it; the brokerage's own name is `Account.number`."""

BrokerageOrderId = NewType("BrokerageOrderId", str)
"""The brokerage's id of an order (FIX OrderID 37). Unique within one account at most."""

ClientOrderId = NewType("ClientOrderId", str)
"""The caller's id of an order (FIX ClOrdID 11)."""

CancelId = NewType("CancelId", str)
"""One cancel intent: everything that follows from one wish to cancel one order."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_uuid(text: str) -> bool:
    """Say whether `text` is a hyphenated UUID in either case."""
    return _UUID.fullmatch(text) is not None
