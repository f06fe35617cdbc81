"""Tells an officer, at every phone and mailbox they have, that a passkey was added in their name."""

import secrets
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from amparo_notify.cases.services import Services
from amparo_notify.channels.rendering import note as written
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium
from amparo_notify.store import contacts, people
from amparo_notify.store.contacts import KeptContact

_MEDIA = {"mobile": Medium.SMS, "email": Medium.EMAIL}  # a landline is not rung for it
_GOOD_FOR = 86_400
_ZONE = "America/Mexico_City"  # of headquarters; an officer of a station is told in its own
_log = structlog.get_logger()


def announce(services: Services, badge: str, device: str, now: datetime) -> int:
    """Tell the officer; return how many messages went. The passkey is kept, whether they do or not."""
    with services.database.read() as tx:
        officer = people.find_officer(tx, badge=badge)
        assert officer is not None
        station = people.find_station(tx, id=officer.station) if officer.station is not None else None
        known = contacts.of_officer(tx, services.vault, badge)
    local = now.astimezone(ZoneInfo(station.time_zone if station else _ZONE))
    at = f"{local:%d/%m/%Y %H:%M} h"
    return sum(_send(services, each, device, at) for each in known if each.kind in _MEDIA)


def _send(services: Services, contact: KeptContact, device: str, at: str) -> bool:
    medium = _MEDIA[contact.kind]
    reference = secrets.token_hex(8)
    message = written("passkey", medium, contact.address, reference, _GOOD_FOR, device=device, at=at)
    for provider in services.providers.get(medium, ()):
        try:
            provider.send(message)
        except ChannelError as error:
            _log.warning("notice of a passkey refused", provider=provider.name, reason=error.reason)
            continue
        return True
    return False
