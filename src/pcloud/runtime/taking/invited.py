"""Invitations of customers as they are handed out: a table for a program that sends mail, cards for paper."""

import csv
import io
import time
from collections.abc import Iterable

from pcloud.runtime.taking.views import Invited


def table(rows: Iterable[Invited]) -> bytes:
    """What each customer is called, how it stands, and the link, as CSV (RFC 4180)."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(("customer", "state", "link", "expires"))
    for row in rows:
        writer.writerow((row.reference, row.state, row.link or "", _until(row)))
    return written.getvalue().encode()


def cards(title: str, purpose: str, rows: Iterable[Invited]) -> bytes:
    """Cards with a code each, to print and cut apart, as PDF; without those who came already."""
    from pcloud.home.sheets.invitation import Card, draw  # noqa: PLC0415 - only who prints loads what draws

    return draw(
        [
            Card(
                title, (purpose, f"until {until}" if (until := _until(row)) else "", row.reference), row.link
            )
            for row in rows
            if row.link is not None
        ]
    )


def _until(row: Invited) -> str:
    """The last minute of an invitation, in the time of this machine; empty where it has none."""
    return "" if row.expires is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(row.expires))
