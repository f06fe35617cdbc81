"""What the carriers report: signature first, on the raw bytes; then one case. A bad one gets an empty answer."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qsl

from flask import Blueprint, Response, current_app, request
from markupsafe import escape
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, UnsupportedMediaType

from amparo_notify.bootstrap import account
from amparo_notify.cases import listen
from amparo_notify.cases.reply import inbound_sms
from amparo_notify.channels.callbacks import (
    Malformed,
    SendGridCallbacks,
    TwilioCallbacks,
    sendgrid_events,
)
from amparo_notify.config import Config
from amparo_notify.core.errors import Refusal
from amparo_notify.web.context import config, now, services
from amparo_notify.web.security import Audience, may

blueprint = Blueprint("callbacks", __name__, url_prefix="/callbacks")

MOST_FORM = 256 << 10
"""Bytes of one Twilio callback: a text of 1,600 characters and about forty short parameters fit many times over."""
MOST_EVENTS = 1 << 20
"""Bytes of one batch of events: SendGrid posts at 768 kB at the latest
(https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event)."""
MOST_FIELDS = 200
NOTHING_TO_SAY = "<Response/>"
"""TwiML for a call that is not ours: it ends."""


@dataclass(frozen=True)
class Signatures:
    """Whose reports we believe."""

    twilio: TwilioCallbacks
    sendgrid: SendGridCallbacks


def signatures(config: Config) -> Signatures:
    """The carriers of a configuration: the live ones, or the double of the embedded default."""
    if not config.live:
        local = account(config)
        twilio = TwilioCallbacks(config.public_url, (local.auth_token,), local.account_sid)
        return Signatures(twilio, SendGridCallbacks(local.events_public_key))
    tokens = (config.twilio_auth_token, config.twilio_auth_token_previous)
    return Signatures(
        TwilioCallbacks(
            config.public_url, tuple(token.get_secret_value() for token in tokens), config.twilio_account_sid
        ),
        SendGridCallbacks(config.sendgrid_webhook_public_key),
    )


@dataclass(frozen=True)
class Form:
    """A form that Twilio signed: the raw target it was posted to, and its parameters."""

    target: str
    given: dict[str, str]


@blueprint.post("/twilio/status")
@may(Audience.PROVIDER, body=MOST_FORM)
def twilio_status() -> Response:
    """How far a text or a call has come."""
    form = _twilio()
    listen.heard(services(), _signatures().twilio.event(form.target, form.given), now())
    return _nothing(204)


@blueprint.post("/twilio/voice")
@may(Audience.PROVIDER, body=MOST_FORM)
def twilio_voice() -> Response:
    """Keys pressed during a call: answered with what the call says next."""
    form = _twilio()
    event = _signatures().twilio.event(form.target, form.given)
    answer = listen.keypad(services(), event, form.given.get("Digits", ""), now())
    return _twiml(answer or NOTHING_TO_SAY)


@blueprint.post("/twilio/inbound")
@may(Audience.PROVIDER, body=MOST_FORM)
def twilio_inbound() -> Response:
    """A text from a phone: answered with a text."""
    form = _twilio()
    answer = inbound_sms(services(), _signatures().twilio.inbound(form.given), now())
    return _twiml(f"<Response><Message>{escape(answer)}</Message></Response>" if answer else NOTHING_TO_SAY)


@blueprint.post("/sendgrid/events")
@may(Audience.PROVIDER, body=MOST_EVENTS)
def sendgrid_batch() -> Response:
    """How far some mails have come. A batch that fails half-way is posted again: duplicates are harmless."""
    body = _body("application/json")
    signature = request.headers.get("X-Twilio-Email-Event-Webhook-Signature")
    timestamp = request.headers.get("X-Twilio-Email-Event-Webhook-Timestamp")
    if not _signatures().sendgrid.verify(body, signature, timestamp):
        raise Forbidden
    for event in sendgrid_events(body):
        listen.heard(services(), event, now())
    return _nothing(204)


@blueprint.errorhandler(HTTPException)
@blueprint.errorhandler(Malformed)
@blueprint.errorhandler(Refusal)
def refused(fault: Exception) -> Response:
    """Tell a stranger nothing but that it was refused."""
    if isinstance(fault, Refusal):
        return _nothing(fault.status)
    return _nothing(getattr(fault, "code", None) or BadRequest.code)


def _twilio() -> Form:
    """The form of this request, if Twilio signed it. Raises Forbidden."""
    body, target = _body("application/x-www-form-urlencoded"), _target()
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as fault:
        raise Forbidden from fault
    headers = request.headers.getlist("X-Twilio-Signature")
    if len(headers) != 1 or not _signatures().twilio.verify(target, pairs, headers[0]):
        raise Forbidden
    return Form(target, dict(pairs))


def _body(kind: str) -> bytes:
    """The raw body. Raises UnsupportedMediaType where it says that it is something else."""
    if request.mimetype not in (kind, ""):
        raise UnsupportedMediaType
    return request.get_data()


def _target() -> str:
    """The request target as it came over the wire. `request.url` is rebuilt, with other escapes than were signed."""
    return str(request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or "")


def _signatures() -> Signatures:
    kept = current_app.extensions.get("signatures")
    if kept is None:
        kept = current_app.extensions["signatures"] = signatures(config())
    return cast(Signatures, kept)


def _twiml(text: str) -> Response:
    return Response(text, mimetype="text/xml")


def _nothing(status: int) -> Response:
    return Response(status=status)
