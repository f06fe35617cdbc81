"""The door's own rules: who may, what is let in, and which headers go out. Denied unless a view says otherwise."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from flask import Response as FlaskResponse
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]
from werkzeug.exceptions import BadRequest, Forbidden, RequestEntityTooLarge
from werkzeug.wrappers import Response

from amparo_notify.cases.submission import MOST_BYTES
from amparo_notify.web.context import secure

View = TypeVar("View", bound=Callable[..., Any])

FORM_BYTES = 256 << 10
"""What a request may hold where its view says nothing else."""
UPLOAD_BYTES = MOST_BYTES + (1 << 20)
"""A document, its detached signature and the fields around them."""
SESSION_SECONDS = 12 * 3600
"""How long a browser keeps a cookie of ours; the rows behind it may end sooner."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Audience(StrEnum):
    """Who may call a view. Every view names one; those that name none are refused."""

    ANYONE = "anyone"  # no personal data, or a door that asks who you are
    STAFF = "staff"  # signed in, whatever the role
    CLERK = "clerk"  # signed in for a court; what is another court's is not there
    ADMIN = "admin"  # signed in as administrator
    TOKEN = "token"  # noqa: S105 - a court's own system, with a bearer token
    LINK = "link"  # whoever holds the link; the case behind the view asks for the rest
    PROVIDER = "provider"  # the view checks the provider's signature before it reads anything


PROGRAMS = frozenset({Audience.TOKEN, Audience.PROVIDER})
"""They are no browsers: no cookie, no form; their bodies are theirs to read."""


@dataclass(frozen=True)
class Rule:
    """What one view lets in."""

    audience: Audience
    body: int = FORM_BYTES  # bytes of the request at most
    proved: timedelta | None = None  # how long ago at most who is signed in must have proved who they are


def may(
    audience: Audience, *, body: int = FORM_BYTES, proved: timedelta | None = None
) -> Callable[[View], View]:
    """Declare who may call a view, how much they may send, and how fresh the proof must be of who they are.

    Goes under the route's own decorator.
    """

    def declare(view: View) -> View:
        view.rule = Rule(audience, body, proved)  # type: ignore[attr-defined]
        return view

    return declare


def rule_of(app: Flask, endpoint: str | None) -> Rule | None:
    """The rule of an endpoint, or None where nobody declared one."""
    if endpoint == "static":
        return Rule(Audience.ANYONE)
    return getattr(app.view_functions.get(endpoint or ""), "rule", None)


csrf = CSRFProtect()


def guard(app: Flask, sign_in: Callable[[Rule], Response | None]) -> None:
    """Put the rules in force. `sign_in` asks for whoever a rule wants, and answers where it is somebody else."""
    app.config.update(
        SESSION_COOKIE_NAME=cookie_name("form", app.extensions["config"].public_url),
        SESSION_COOKIE_SECURE=app.extensions["config"].public_url.startswith("https://"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=None,  # an officer's page stays open for a night; the token lives as long as its cookie
        WTF_CSRF_SSL_STRICT=False,  # it wants a Referer, and we tell browsers to send none; see _same_site
        MAX_FORM_PARTS=2_000,
    )

    @app.before_request
    def let_in() -> Response | None:
        g.nonce = secrets.token_urlsafe(16)
        rule = rule_of(app, request.endpoint)
        if "\0" in request.path or "%00" in request.query_string.decode("latin-1"):
            raise BadRequest  # no text of ours holds one, and PostgreSQL takes none
        if request.endpoint is None:
            return None  # nothing is there: 404
        if rule is None:
            raise Forbidden
        request.max_content_length = rule.body
        if request.content_length is not None and request.content_length > rule.body:
            raise RequestEntityTooLarge
        if rule.audience not in PROGRAMS:
            _same_site()
        return sign_in(rule)

    csrf.init_app(app)

    @app.before_request
    def clean_form() -> None:
        rule = rule_of(app, request.endpoint)
        if rule and rule.audience not in PROGRAMS and any("\0" in value for value in request.form.values()):
            raise BadRequest

    app.after_request(add_headers)


def _same_site() -> None:
    """Refuse what another site's page sends. Browsers say so in a header that scripts cannot set."""
    if request.method not in SAFE_METHODS and request.headers.get("Sec-Fetch-Site", "none") not in (
        "same-origin",
        "none",
    ):
        raise Forbidden


def add_headers(response: FlaskResponse) -> FlaskResponse:
    """The same headers on every answer, a view's own choice first."""
    nonce = g.get("nonce", "")
    headers = response.headers
    headers.setdefault("Content-Security-Policy", content_policy(nonce))
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
    if secure():
        headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
    if request.endpoint == "static" and response.status_code == 200:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"  # its address holds its hash
    else:
        headers.setdefault("Cache-Control", "no-store")
    return response


def content_policy(nonce: str) -> str:
    """What a page of ours may load: its own files, and scripts that carry this answer's nonce."""
    scripts = f"'nonce-{nonce}'" if nonce else "'none'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


# -- cookies ------------------------------------------------------------------------------------------------


def cookie_name(name: str, public_url: str) -> str:
    """`__Host-` binds a cookie to this very host and to https; a browser refuses it on http."""
    return f"__Host-{name}" if public_url.startswith("https://") else name


def read_cookie(name: str) -> str:
    """The value of one of our cookies, or an empty string."""
    return request.cookies.get(cookie_name(name, _public_url()), "")


def set_cookie(response: Response, name: str, value: str) -> None:
    """Hand the browser a token: out of scripts' reach, for this site only."""
    response.set_cookie(
        cookie_name(name, _public_url()),
        value,
        max_age=SESSION_SECONDS,
        secure=secure(),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def drop_cookie(response: Response, name: str) -> None:
    """Have the browser forget a token."""
    response.delete_cookie(
        cookie_name(name, _public_url()), path="/", secure=secure(), httponly=True, samesite="Lax"
    )


def _public_url() -> str:
    return str(current_app.extensions["config"].public_url)
