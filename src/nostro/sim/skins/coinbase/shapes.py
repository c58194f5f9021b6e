"""How Coinbase spells what all answers have: numbers as strings, times in RFC 3339 with `Z`, ids as UUIDs."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from nostro.domain.instrument import Instrument

Document = dict[str, Any]
"""A JSON object."""

BASE_INCREMENT = Decimal("0.00000001")

_NAMES = UUID("5f7f1c4a-1c0b-4d0c-9f43-5b6a1a0d9a77")


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose things are written: a customer by the API key, and the number of the account."""

    owner: str
    account: str

    @property
    def portfolio_id(self) -> str:
        return make_id("portfolio", self.account)

    def wallet_id(self, currency: str) -> str:
        return make_id("wallet", self.account, currency)


def make_id(*parts: object) -> str:
    """Give the same id for the same parts, always."""
    return str(uuid5(_NAMES, ":".join(map(str, parts))))


def number(value: Decimal | None) -> str:
    return f"{value.normalize():f}" if value else "0"


def time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def product_id(instrument: Instrument) -> str:
    return instrument.symbol.replace("/", "-")


def base_of(instrument: Instrument) -> str:
    return instrument.symbol.partition("/")[0]


def price_increment(instrument: Instrument) -> Decimal:
    """Return the step of prices: finer for a coin that costs cents."""
    return Decimal("0.00001") if base_of(instrument) == "DOGE" else Decimal("0.01")
