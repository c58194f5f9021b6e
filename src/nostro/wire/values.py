"""What all wire shapes share: how values become JSON, and ids that are the same on every machine."""

from decimal import Decimal
from uuid import UUID, uuid5

import msgspec

_NAMESPACE = UUID("6f0c3a52-9d0e-5f6b-8a51-2f9f0c7be3d4")
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: object) -> bytes:
    """Write `value` as compact UTF-8 JSON.

    Decimal as a number digit by digit, aware times as RFC 3339 (UTC as `Z`).
    """
    return _ENCODER.encode(value)


def decimal_text(value: Decimal) -> str:
    """Write a decimal as SnapTrade's string fields have it: plain digits, no exponent, no trailing zeros."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def optional_text(value: Decimal | None) -> str | None:
    """`decimal_text`, where None stays None."""
    return None if value is None else decimal_text(value)


def decimal_number(value: Decimal) -> Decimal:
    """Spell a decimal for SnapTrade's number fields.

    Always with a point, as typed SDKs refuse `5` for a float.
    """
    text = decimal_text(value)
    return Decimal(text if "." in text else f"{text}.0")


def optional_number(value: Decimal | None) -> Decimal | None:
    """`decimal_number`, where None stays None."""
    return None if value is None else decimal_number(value)


def stable_id(kind: str, key: str) -> str:
    """Make the UUID of the thing of this kind with this natural key: the same one everywhere, for ever."""
    return str(uuid5(_NAMESPACE, f"{kind}:{key}"))
