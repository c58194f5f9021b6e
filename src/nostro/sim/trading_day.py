"""The exchange's calendar: it trades around the clock, every day; its day rolls at 21:00 UTC.

A DAY order lives to the first roll after its entry, except that one entered in the last hour before a roll
belongs to the day that begins with that roll.
"""

from datetime import datetime, timedelta

_ROLL_HOUR_UTC = 21
_DAY = timedelta(days=1)
_BELONGS_TO_NEXT_DAY = timedelta(hours=1)


def next_roll(after: datetime) -> datetime:
    """Return the first roll strictly after `after` (aware UTC)."""
    roll = after.replace(hour=_ROLL_HOUR_UTC, minute=0, second=0, microsecond=0)
    return roll if roll > after else roll + _DAY


def day_order_lapses_at(entered_at: datetime) -> datetime:
    """Return the roll at which a DAY order that begins to work at `entered_at` (aware UTC) expires."""
    roll = next_roll(entered_at)
    return roll + _DAY if roll - entered_at <= _BELONGS_TO_NEXT_DAY else roll
