"""A message about no order: sent at once, by the first provider that takes it."""

import secrets
from typing import Any

import structlog

from amparo_notify.cases.services import Services
from amparo_notify.channels.rendering import note
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium

_log = structlog.get_logger()


def post(services: Services, name: str, medium: Medium, to: str, good_for: int, **said: Any) -> bool:
    """Send templates/messages/<name> to an address, good for so many seconds; return whether anybody took it."""
    message = note(name, medium, to, secrets.token_hex(8), good_for, **said)
    for provider in services.providers.get(medium, ()):
        try:
            provider.send(message)
        except ChannelError as error:
            _log.warning("message refused", about=name, provider=provider.name, reason=error.reason)
            continue
        return True
    return False
