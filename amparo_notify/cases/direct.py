"""A message about no order: sent at once, by the first provider that takes it."""

import secrets
from typing import Any

import structlog

from amparo_notify.cases.services import Services
from amparo_notify.channels.rendering import note
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium
from amparo_notify.core.ports import Message

_log = structlog.get_logger()


def post(services: Services, name: str, medium: Medium, to: str, good_for: int, **said: Any) -> bool:
    """Send templates/messages/<name> to an address, good for so many seconds; return whether anybody took it."""
    try:
        hand_over(services, name, note(name, medium, to, secrets.token_hex(8), good_for, **said))
    except ChannelError:
        return False
    return True


def hand_over(services: Services, about: str, message: Message) -> None:
    """Give a message to the first provider that takes it. Raises the last one's ChannelError where none does."""
    refusal = ChannelError("nobody to send it")
    for provider in services.providers.get(message.medium, ()):
        try:
            provider.send(message)
        except ChannelError as error:
            _log.warning("message refused", about=about, provider=provider.name, reason=error.reason)
            refusal = error
        else:
            return
    raise refusal
