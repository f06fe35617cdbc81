"""The web's door: parse, call one case, present. `create_app` makes the WSGI application."""

from amparo_notify.web.context import config, now, services
from amparo_notify.web.factory import create_app

__all__ = ["config", "create_app", "now", "services"]
