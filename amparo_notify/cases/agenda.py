"""An officer's watches as a calendar to subscribe to: whoever has the address reads it, and finds a badge and hours."""

import hmac
from datetime import datetime, timedelta

from amparo_notify.cases.services import Services
from amparo_notify.core.agenda import subscription
from amparo_notify.core.errors import Fault, Missing
from amparo_notify.core.roster import Roster
from amparo_notify.store import people, rosters

BEFORE, AHEAD = timedelta(days=7), timedelta(days=90)
"""How much of the past and of what is to come a calendar holds; telephones ask again several times a day."""


def address(services: Services, badge: str) -> str:
    """The address of an officer's calendar: always the same."""
    return services.url(f"/agenda/{badge}/{_token(services, badge)}.ics")


def _token(services: Services, badge: str) -> str:
    return services.tokens.token("agenda", badge)


def calendar(services: Services, badge: str, token: str, now: datetime) -> str:
    """An officer's watches as iCalendar text. Raises Missing for a wrong token as for somebody who is not there."""
    known = hmac.compare_digest(_token(services, badge).encode(), token.encode())
    with services.database.read() as tx:
        officer = people.find_officer(tx, badge=badge) if known else None
        if officer is None or not officer.active:
            raise Missing(
                Fault("link", "Esta dirección no existe o dejó de servir.", "Pida la suya de nuevo.")
            )
        # A roster names people of its own station and of headquarters alone: `Roster.checked`.
        stations = [each for each in people.stations(tx) if officer.station in (None, each.id)]
        found = [rosters.current_roster(tx, station) for station in stations]
    serving = [roster for roster in found if _names(roster, badge)]
    texts = [subscription(roster, badge, now - BEFORE, now + AHEAD, now) for roster in serving]
    empty = Roster("", "UTC")
    return _joined(texts or [subscription(empty, badge, now, now, now)])


def _names(roster: Roster, badge: str) -> bool:
    """Whether a roster ever puts somebody on duty."""
    return any(badge in roster.members(rotation.name) for rotation in roster.rotations) or any(
        badge in override.officers for override in roster.overrides
    )


def _joined(calendars: list[str]) -> str:
    """One calendar of several: headquarters' people may serve at more than one station."""
    end = "END:VCALENDAR\r\n"
    first, *others = (text.removesuffix(end) for text in calendars)
    events = ["BEGIN:VEVENT" + text.partition("BEGIN:VEVENT")[2] for text in others if "BEGIN:VEVENT" in text]
    return first + "".join(events) + end
