"""The application factory: blueprints, rules, error pages and what templates know."""

import hashlib
import secrets
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, g, url_for
from flask.json.provider import DefaultJSONProvider
from jinja2 import StrictUndefined

from amparo_notify.cases.services import Services
from amparo_notify.config import Config
from amparo_notify.web import (
    admin,
    admin_duty,
    admin_policy,
    admin_roster,
    api,
    auth,
    callbacks,
    court,
    court_verbs,
    demo,
    duty,
    errors,
    health,
    lawyer,
    officer,
    officer_keys,
    present,
    staff_keys,
    verify,
    words,
)
from amparo_notify.web.context import now
from amparo_notify.web.security import csrf, guard

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
STATIC = Path(__file__).resolve().parent / "static"

BLUEPRINTS: tuple[Blueprint, ...] = (
    auth.blueprint,
    court.blueprint,
    court_verbs.blueprint,
    admin.blueprint,
    admin_duty.blueprint,
    admin_policy.blueprint,
    admin_roster.blueprint,
    officer.blueprint,
    officer_keys.blueprint,
    staff_keys.blueprint,
    lawyer.blueprint,
    verify.blueprint,
    api.blueprint,
    callbacks.blueprint,
    health.blueprint,
    duty.blueprint,
)
UNSIGNED_FORMS: tuple[Blueprint, ...] = (api.blueprint, callbacks.blueprint)
"""No CSRF token here: what calls them is no browser, holds no cookie, and proves itself in each request."""


def create_app(services: Services, config: Config, extra: Iterable[Blueprint] = ()) -> Flask:
    """Return the application over `services`. `extra` are blueprints beside the usual ones (tests)."""
    app = Flask("amparo_notify", template_folder=str(TEMPLATES), static_folder=str(STATIC))
    app.secret_key = config.secret_key.get_secret_value()
    app.extensions["services"] = services
    app.extensions["config"] = config
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.json = _Json(app)
    present.install(app)
    errors.install(app)
    guard(app, auth.admit)
    for blueprint in (*BLUEPRINTS, *extra):
        app.register_blueprint(blueprint)
    if not config.live:
        app.register_blueprint(demo.blueprint)
        demo.mount(app)
    for blueprint in UNSIGNED_FORMS:
        csrf.exempt(blueprint)
    app.context_processor(_known_to_templates)
    return app


class _Json(DefaultJSONProvider):
    """Answers keep their order and their accents."""

    sort_keys = False
    ensure_ascii = False


def _known_to_templates() -> dict[str, object]:
    return {
        "words": words,
        "now": now(),
        "nonce": g.get("nonce") or secrets.token_urlsafe(16),
        "who": g.get("who"),
        "asset": asset,
    }


def asset(name: str) -> str:
    """The address of a file of ours; it changes with the file, so browsers may keep it for ever."""
    return url_for("static", filename=name, v=_digest(name))


@lru_cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
