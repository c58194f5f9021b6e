"""What orders are called: by Kraken (`txid`), and by the customer (`cl_ord_id`, or a number, `userref`).

The form of a txid: replies that others recorded. Of a user reference, 32 bits with a sign, which many orders
may have, and of what may stand for a txid: docs.kraken.com `api-reference/trading/cancel-order` and
`add-order`. An order has either a `cl_ord_id` or a `userref`, so both stand in one place of the exchange's.

An account's number has the form of an IBAN of the country AA: `api-reference/api-keys/check-v3-api-key` has
its pattern. That its check digits are those of ISO 13616 holds for both numbers that Kraken's pages show.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from uuid import UUID

from nostro.domain.ids import ClientOrderId
from nostro.domain.order import Order

TXID = re.compile(r"[A-Z0-9]{6}-[A-Z0-9]{5}-[A-Z0-9]{6}")
USERREF = re.compile(r"-?[0-9]{1,10}")
_LABEL = "userref="
"""Begins what the exchange calls an order by that has a user reference: longer than a `cl_ord_id` can be."""
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def shape_id(made: UUID, kind: str = "O") -> str:
    """Spell an id: OXXXXX-XXXXX-XXXXXX; of a trade or an amendment with a T."""
    drawn = _draw(made, 16)
    return f"{kind}{drawn[:5]}-{drawn[5:10]}-{drawn[10:]}"


def make_id(*parts: object) -> str:
    """Give the same id, of a trade or an amendment, for the same parts, always."""
    return shape_id(_digest(*parts), "T")


def iban_of(account: str) -> str:
    """Give an account's number as Kraken says it: AA, two check digits and twelve characters, by fours."""
    drawn = _draw(_digest("account", account), 12)
    check = 98 - int("".join(str(int(each, 36)) for each in f"{drawn}AA00")) % 97
    return f"AA{check:02} {drawn[:4]} {drawn[4:8]} {drawn[8:]}"


def _digest(*parts: object) -> UUID:
    return UUID(bytes=sha256(":".join(map(str, parts)).encode()).digest()[:16])


def _draw(made: UUID, count: int) -> str:
    number, drawn = made.int, ""
    for _ in range(count):
        number, digit = divmod(number, len(_DIGITS))
        drawn += _DIGITS[digit]
    return drawn


def read_name(txid: str, client_order_id: str = "") -> Mapping[str, str]:
    """Say what is named: an `order`, or as `client` what several may be called by; nothing where it is none.

    Instead of a txid a user reference may stand.
    """
    if TXID.fullmatch(txid):
        return {"order": txid}
    if USERREF.fullmatch(txid):
        return {"client": label(int(txid))}
    return {"client": client_order_id} if client_order_id and not txid else {}


def label(userref: int) -> ClientOrderId:
    return ClientOrderId(f"{_LABEL}{userref:+011d}")


def userref_of(order: Order) -> int | None:
    called = order.client_order_id or ""
    return int(called.removeprefix(_LABEL)) if called.startswith(_LABEL) else None
