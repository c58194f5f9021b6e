"""Take secrets out of a brokerage's own words before they are kept or shown."""

import re
from dataclasses import replace

from nostro.domain.cancel import CancelOutcome, NotSent, Raw

HIDDEN = "***"

_SECRET_KEY = re.compile(r"token|secret|passw|api.?key|authoriz|credential|cookie|signature", re.IGNORECASE)


def redact_outcome(outcome: CancelOutcome) -> CancelOutcome:
    """Hide the values of all keys that name a secret, at any depth of the reply."""
    if isinstance(outcome, NotSent) or outcome.raw is None:
        return outcome
    return replace(outcome, raw=redact(outcome.raw))


def redact(raw: Raw) -> Raw:
    return {key: HIDDEN if _SECRET_KEY.search(key) else _redact_value(value) for key, value in raw.items()}


def _redact_value(value: object) -> object:
    if isinstance(value, dict):
        return redact(value)
    if isinstance(value, list):
        return [_redact_value(each) for each in value]
    return value
