"""Tells an officer, at every phone and mailbox they have, that a passkey was added in their name."""

from datetime import datetime
from zoneinfo import ZoneInfo

from amparo_notify.cases.direct import post
from amparo_notify.cases.services import Services
from amparo_notify.core.notice import Medium
from amparo_notify.store import contacts, people

_MEDIA = {"mobile": Medium.SMS, "email": Medium.EMAIL}  # a landline is not rung for it
_GOOD_FOR = 86_400
_ZONE = "America/Mexico_City"  # of headquarters; an officer of a station is told in its own


def announce(services: Services, badge: str, device: str, now: datetime) -> int:
    """Tell the officer; return how many messages went. The passkey is kept, whether they do or not."""
    with services.database.read() as tx:
        officer = people.find_officer(tx, badge=badge)
        assert officer is not None
        station = people.find_station(tx, id=officer.station) if officer.station is not None else None
        known = contacts.of_officer(tx, services.vault, badge)
    local = now.astimezone(ZoneInfo(station.time_zone if station else _ZONE))
    said = {"device": device, "at": f"{local:%d/%m/%Y %H:%M} h"}
    reached = [(_MEDIA[each.kind], each.address) for each in known if each.kind in _MEDIA]
    return sum(post(services, "passkey", medium, to, _GOOD_FOR, **said) for medium, to in reached)
