"""Numbers, money and dates as a reader of each language writes them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from features.reasons import NO_CURRENCY, SIGNS, money_text
from serving.service import Language

__all__ = ["NOTHING", "Formats"]

NOTHING = "–"
ONE_PERCENT = 0.01
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Formats:
    """The ways of one language; what is missing is a dash."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Return 12,345, or 0.4 with one decimal."""
        return NOTHING if value is None else f"{value:,.{decimals}f}"

    def percent(self, share: float | None) -> str:
        """Return 71%; what is neither nothing nor all is never said to be."""
        if share is None:
            return NOTHING
        if 0 < share < ONE_PERCENT:
            return "<1%"
        if 1 - ONE_PERCENT < share < 1:
            return ">99%"
        return f"{share:.0%}"

    def money(self, value: float | None, currency: str) -> str:
        """Return whole units, and cents below ten where the currency has them: $843, $9.50, 12,300円.

        >>> Formats(Language.ENGLISH).money(1234.5, "JPY"), Formats(Language.JAPANESE).money(-1234.5, "JPY")
        ('¥1,234', '-1,234円')
        """
        return NOTHING if value is None else money_text(value, self._language.value, currency)

    def date(self, day: date | None) -> str:
        """Return 31 Mar 2026, or 2026年3月31日."""
        if day is None:
            return NOTHING
        if self._language is Language.JAPANESE:
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """Return the local day and minute with the zone's own letters."""
        local = moment.astimezone(zone)
        return f"{self.date(local.date())} {local:%H:%M} {local:%Z}"

    def currency(self, code: str) -> str:
        """Return what stands beside a field for money: $, 円, CHF; nothing for an unknown currency."""
        if code == "JPY" and self._language is Language.JAPANESE:
            return "円"
        return "" if code == NO_CURRENCY else SIGNS.get(code, code)
