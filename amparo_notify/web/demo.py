"""The demonstration's phones and mailboxes: everything that the service sends, and hands to answer it with.

Only where PROVIDERS=local; anywhere else nothing of this is there. The double of the carriers lives in this process
and is reached at /demo/carrier by the same SDKs that reach the real ones.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pyotp
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
)
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response as Answer

from amparo_notify.bootstrap import account
from amparo_notify.config import Config
from amparo_notify.demo import data
from amparo_notify.demo.carrier import Carrier, carrier_for
from amparo_notify.demo.carrier_book import Call, Mail, Text
from amparo_notify.demo.carrier_wsgi import CarrierApp
from amparo_notify.web.context import config, now
from amparo_notify.web.live import fragment
from amparo_notify.web.screen import Item, linked
from amparo_notify.web.security import Audience, content_policy, may

blueprint = Blueprint("demo", __name__, url_prefix="/demo")

EVERY = 2
"""Seconds between two looks of an open page."""
SHOWN = 6
"""Messages on a phone's screen; older ones stay behind a link."""
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Device:
    """One person's phone and mailbox, the newest item first."""

    key: str  # of the page's elements
    title: str
    place: str
    phone: str
    mail: str
    items: tuple[Item, ...]
    calls: tuple[Call, ...]  # ringing or going on
    first: datetime  # when it was first reached: a card keeps its place on the page

    @property
    def rung(self) -> bool:
        """Whether more than mail has come: those come first, for an order is on its way to them."""
        return bool(self.calls) or any(each.mail is None for each in self.items)


# -- the double ---------------------------------------------------------------------------------------------


def mount(app: Flask) -> None:
    """Let the double answer at /demo/carrier. It starts with the first thing that is sent to it."""

    def carriers(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return CarrierApp(carrier_of(app))(environ, start_response)

    beside: dict[str, WSGIApplication] = {"/demo/carrier": carriers}
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, beside)  # type: ignore[method-assign]
    app.extensions["carrier_lock"] = threading.Lock()


def carrier_of(app: Flask) -> Carrier:
    """The double of this process, started when first asked for; `app.extensions["carrier"]` may hold another."""
    with app.extensions["carrier_lock"]:
        if "carrier" not in app.extensions:
            double = _double(app.extensions["config"], app.extensions["services"].clock)
            double.start()
            app.extensions["carrier"] = double
    return cast(Carrier, app.extensions["carrier"])


def _double(settings: Config, clock: Callable[[], datetime]) -> Carrier:
    folder = settings.var / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    book = str(folder / "carrier.db")
    return carrier_for(account(settings), public_url=settings.public_url, clock=clock, path=book)


def _carrier() -> Carrier:
    return carrier_of(current_app._get_current_object())  # type: ignore[attr-defined]


@blueprint.before_request
def only_here() -> None:
    """Where messages reach people there is no such page."""
    if config().live:
        abort(404)


# -- looking ------------------------------------------------------------------------------------------------


@blueprint.get("/phones")
@may(Audience.ANYONE)
def phones() -> Answer:
    """Every phone and mailbox that has received something."""
    page = render_template("pages/demo_phones.html", pin=data.PIN, every=EVERY, **_shown(), **_accounts())
    response = make_response(page)
    response.headers["Content-Security-Policy"] = content_policy(_nonce()) + "; frame-src 'self'"
    return response


@blueprint.get("/phones/vivo")
@may(Audience.ANYONE)
def live() -> Answer:
    """The part that changes."""
    return fragment(render_template("pages/demo_devices.html", **_shown()))


@blueprint.get("/claves")
@may(Audience.ANYONE)
def codes() -> Answer:
    """The codes of the moment, for the demonstration's accounts."""
    return fragment(render_template("pages/demo_accounts.html", **_accounts()))


@blueprint.get("/correo/<mail_id>")
@may(Audience.ANYONE)
def mail(mail_id: str) -> Answer:
    """A mail as its reader sees it, in a sandbox; its links open beside this page."""
    found = next((each for each in _carrier().mails() if each.id == mail_id), None)
    if found is None:
        abort(404)
    body = found.html.replace("<head>", '<head><base target="_blank">', 1)
    response = Response(body, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


# -- doing --------------------------------------------------------------------------------------------------


@blueprint.post("/phones/<phone>/sms")
@may(Audience.ANYONE)
def reply(phone: str) -> Answer:
    """Send a text from a phone."""
    if text := request.form.get("text", "").strip()[:320]:
        return _done(lambda carrier: carrier.reply(phone, text))
    return _done(lambda carrier: None)


@blueprint.post("/llamadas/<sid>/<any(contestar,colgar,esperar):deed>")
@may(Audience.ANYONE)
def handle(sid: str, deed: str) -> Answer:
    """Pick up, hang up, or press nothing."""
    deeds: dict[str, Callable[[Carrier], object]] = {
        "contestar": lambda carrier: carrier.answer(sid),
        "colgar": lambda carrier: carrier.hang_up(sid),
        "esperar": lambda carrier: carrier.wait_out(sid),
    }
    return _done(deeds[deed])


@blueprint.post("/llamadas/<sid>/teclas")
@may(Audience.ANYONE)
def press(sid: str) -> Answer:
    """Press keys."""
    keys = "".join(key for key in request.form.get("keys", "") if key in "0123456789*#")
    return _done(lambda carrier: carrier.press(sid, keys) if keys else None)


def _done(deed: Callable[[Carrier], object]) -> Answer:
    """Do it, and show what came of it. A call that ended in the meantime is no fault of the visitor's."""
    problem = ""
    try:
        deed(_carrier())
    except KeyError:
        problem = "Esa llamada ya terminó."
    except OSError:
        problem = "El servicio no contestó. Inténtelo de nuevo."
    if request.headers.get("HX-Request"):
        return make_response(render_template("pages/demo_devices.html", problem=problem, **_shown()))
    return redirect("/demo/phones", 303)


# -- what is shown ------------------------------------------------------------------------------------------


def _shown() -> dict[str, object]:
    devices = sorted(_devices(_carrier()), key=lambda each: (not each.place, not each.rung, each.first))
    silent = len(list(data.officers())) - sum(1 for each in devices if each.place)
    return {"devices": devices, "silent": max(0, silent), "shown": SHOWN}


def _devices(carrier: Carrier) -> Iterable[Device]:
    """People of the demonstration who have received something, then any other number or address."""
    texts, calls, mails = carrier.texts(), carrier.calls(), carrier.mails()
    places = {each.code: each.name for each in data.STATIONS} | {data.THE_COURT.code: data.THE_COURT.name}
    known = [
        (
            f"{each.name}, {each.post}",
            places.get(each.station or each.court, data.HEADQUARTERS_NAME),
            each.phone,
            each.mail,
        )
        for each in data.officers()
    ]
    numbers, addresses = {phone for _, _, phone, _ in known}, {mail for _, _, _, mail in known}
    called = dict.fromkeys([each.phone for each in texts] + [each.phone for each in calls])
    others = [(one, "", one, "") for one in called if one not in numbers]
    mailed = dict.fromkeys(each.address for each in mails)
    others += [(one, "", "", one) for one in mailed if one not in addresses]
    for title, place, phone, mail in (*known, *others):
        own = _items(
            [each for each in texts if each.phone == phone],
            [each for each in calls if each.phone == phone],
            [each for each in mails if each.address == mail],
        )
        ringing = tuple(each for each in calls if each.phone == phone and each.live)
        if own or ringing:
            first = min([each.at for each in own] + [each.at for each in ringing])
            key = "".join(letter for letter in phone or mail if letter.isalnum())
            yield Device(key, title, place, phone, mail, own, ringing, first)


def _items(texts: Iterable[Text], calls: Iterable[Call], mails: Iterable[Mail]) -> tuple[Item, ...]:
    items = [Item("sent" if each.inbound else "text", each.sid, each.at, linked(each.body)) for each in texts]
    items += [Item("call", each.sid, each.at, call=each) for each in calls if not each.live]
    items += [Item("mail", each.id, each.at, mail=each) for each in mails]
    return tuple(sorted(items, key=lambda each: each.at, reverse=True))


def _accounts() -> dict[str, object]:
    known = [(each, pyotp.TOTP(each.totp_secret).at(now())) for each in data.credentials(config().var)]
    return {"accounts": known, "passphrase": data.PASSPHRASE, "left": 30 - int(now().timestamp()) % 30}


def _nonce() -> str:
    return cast(str, g.nonce)
