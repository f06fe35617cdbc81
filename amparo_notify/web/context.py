"""What every view reaches for: the services, the configuration, the instant of this request, and who is asking."""

from datetime import datetime
from typing import cast

from flask import current_app, g

from amparo_notify.cases.services import Services
from amparo_notify.config import Config


def services() -> Services:
    """The adapters that every case is given."""
    return cast(Services, current_app.extensions["services"])


def config() -> Config:
    """What the environment said when the process started."""
    return cast(Config, current_app.extensions["config"])


def now() -> datetime:
    """The instant of this request (aware UTC), read once, so that everything in one answer agrees."""
    if "now" not in g:
        g.now = services().clock()
    return cast(datetime, g.now)


def secure() -> bool:
    """Whether people reach this service by https: cookies are then bound to the host."""
    return config().public_url.startswith("https://")
