"""Lists of orders: today's or older ones, of several accounts, sorted, and a page of them.

mxcoppell/tradestation-api-python 40370f1 `docs/tradestation-webapi-v3-openapi.json`, the parameters and
descriptions of `orders` and `historicalorders`.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nostro.domain.order import Order
from nostro.sim.face import Asked
from nostro.sim.seals import seal, unseal
from nostro.sim.skins.tradestation.refusals import BadRequest
from nostro.sim.skins.tradestation.shapes import Document, write_order
from nostro.sim.skins.tradestation.symbols import TRADED
from nostro.sim.trading_day import next_roll

_DAY = timedelta(days=1)
_EVER = datetime.min.replace(tzinfo=UTC)
_AGE_MAX_DAYS = 90
_PAGE_MAX = 600
_PAGE_LASTS = timedelta(hours=1)
_FORMS = ("%Y-%m-%d", "%m-%d-%Y", "%Y/%m/%d", "%m/%d/%Y")
_PAGE_SIZE = re.compile(r"[1-9]\d{0,2}")


@dataclass(frozen=True, slots=True)
class Listed:
    order: Order
    account: str
    """As it is called here."""
    group: Sequence[Order]
    """All the orders of its group; empty where it has none."""

    @property
    def at(self) -> datetime:
        """When it was placed, or when it ended."""
        return self.order.updated_at if self.order.status.is_closed else self.order.placed_at

    def write(self) -> Document:
        return write_order(self.order, self.account, self.group)


def list_orders(asked: Asked, accounts: Mapping[str, str], *, is_past: bool) -> list[Listed]:
    """List what can be seen of accounts (numbers by what they are called here), the latest first.

    That is either what is open or ended today, or what ended before, since the date that is asked for.
    """
    now = asked.exchange.now()
    since = _since(asked) if is_past else _EVER
    found = [
        listed
        for name, number in accounts.items()
        for listed in _all(asked, name, number)
        if is_over(listed.order, now) is is_past
        and listed.at >= since
        and listed.order.asset_class in TRADED
        and not asked.conditions.hides(listed.order.brokerage_order_id)
    ]
    return sorted(found, key=lambda listed: listed.at, reverse=True)


def is_over(order: Order, now: datetime) -> bool:
    """Say whether it ended before today, with the roll that today began with at the latest."""
    return order.status.is_closed and order.updated_at <= next_roll(now) - _DAY


def _all(asked: Asked, name: str, number: str) -> list[Listed]:
    orders = asked.exchange.orders(number, _EVER)
    groups: dict[str, list[Order]] = defaultdict(list)
    for order in reversed(orders):
        if order.group_id is not None:
            groups[order.group_id].append(order)
    return [Listed(order, name, groups.get(order.group_id or "", [])) for order in orders]


def _since(asked: Asked) -> datetime:
    given = asked.call.query.get("since", "")
    for form in _FORMS:
        try:
            since = datetime.strptime(given, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        if (asked.exchange.now().date() - since.date()).days > _AGE_MAX_DAYS:
            raise BadRequest(f"since is limited to {_AGE_MAX_DAYS} days prior to the current date.")
        return since
    raise BadRequest("since is required, as a date.")


def page_of(asked: Asked, found: Sequence[Listed]) -> tuple[Sequence[Listed], str]:
    """Return the page that is asked for, and the token of the next one; empty where there is none.

    Without a size there is one page, and nothing says that it is not all.
    """
    query, at = asked.call.query, asked.conditions.at
    size = query.get("pageSize")
    if size is not None and (not _PAGE_SIZE.fullmatch(size) or int(size) > _PAGE_MAX):
        raise BadRequest(f"pageSize must be from 1 to {_PAGE_MAX}.")
    begin = 0
    if "nextToken" in query:
        last = unseal("page", query["nextToken"], at)
        ids: list[str] = [listed.order.brokerage_order_id for listed in found]
        if last not in ids:
            raise BadRequest("nextToken is invalid or has expired.")
        begin = ids.index(last) + 1
    end = begin + (_PAGE_MAX if size is None else int(size))
    page = found[begin:end]
    if size is None or end >= len(found):
        return page, ""
    return page, seal("page", page[-1].order.brokerage_order_id, at + _PAGE_LASTS)
