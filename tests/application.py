"""The real web application over a test's own services. Its routes and templates are compiled once a process."""

from flask import Flask

from amparo_notify.cases.services import Services
from amparo_notify.config import Config
from amparo_notify.web import create_app

_made: dict[bool, Flask] = {}


def application(services: Services, config: Config) -> Flask:
    """The application of the one test that runs now, with nothing kept from the test before."""
    secure = config.public_url.startswith("https://")
    if secure not in _made:
        _made[secure] = create_app(services, config)
    app = _made[secure]
    app.secret_key = config.secret_key.get_secret_value()
    app.extensions |= {"services": services, "config": config}
    for kept in ("carrier", "signatures"):
        app.extensions.pop(kept, None)
    return app
