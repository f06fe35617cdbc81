"""The HTTP face of the double: answers as api.twilio.com (2010-04-01) and api.sendgrid.com (v3) do."""

import hmac
import json
import socket
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from amparo_notify.demo.carrier import Carrier
from amparo_notify.demo.carrier_book import Call, Line, Mail, Text, new_id
from amparo_notify.demo.faults import Fault, Road
from amparo_notify.demo.twiml import follow

HANG = 30.0
"""Seconds a hanging request waits at most."""
LONGEST_TEXT = 1_600
LONGEST_TWIML = 4_000
_ACCOUNT = "/2010-04-01/Accounts/<account>"
_ROUTES = Map(
    [
        Rule(f"{_ACCOUNT}/Messages.json", endpoint="messages", methods=["GET", "POST"]),
        Rule(f"{_ACCOUNT}/Messages/<sid>.json", endpoint="message", methods=["GET"]),
        Rule(f"{_ACCOUNT}/Calls.json", endpoint="calls", methods=["GET", "POST"]),
        Rule(f"{_ACCOUNT}/Calls/<sid>.json", endpoint="call", methods=["GET"]),
        Rule("/v1/Services/<service>/PhoneNumbers", endpoint="senders", methods=["GET"]),
        Rule("/v1/Services/<service>/ShortCodes", endpoint="short_codes", methods=["GET"]),
        Rule("/v3/mail/send", endpoint="mail", methods=["POST"]),
    ]
)
_ROADS: dict[str, Road] = {"messages": "sms", "calls": "voice", "mail": "email"}
_REFUSALS = {
    Line.LANDLINE: (21614, "'To' number is not a valid mobile number"),
    Line.INVALID: (21211, "The 'To' number is not a valid phone number."),
    Line.BLOCKED: (21610, "Attempt to send to unsubscribed recipient"),
}


class Refused(Exception):
    """A provider's own refusal, as it goes over the wire."""

    def __init__(self, http: int, code: int, message: str) -> None:
        super().__init__(message)
        self.http, self.code, self.message = http, code, message


class CarrierApp:
    """A WSGI application; mount it under any prefix."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, as the script of faults says."""
        request = Request(environ)
        try:
            endpoint, values = _ROUTES.bind_to_environ(environ).match()
        except HTTPException as nothing:
            return nothing.get_response(environ)(environ, start_response)
        fault = self._carrier.faults.next(_ROADS[endpoint]) if request.method == "POST" else None
        if "DateSent>" in request.args:
            fault = self._carrier.faults.next("inbox")
        response = self._answer(endpoint, request, dict(values)) if not fault or fault.accepted else None
        if fault:
            response = self._spoil(fault, environ, endpoint)
        return (response or Response(status=500))(environ, start_response)

    def _answer(self, endpoint: str, request: Request, values: dict[str, str]) -> Response:
        try:
            self._check_key(endpoint, request, values.pop("account", ""))
            return getattr(self, f"_{endpoint}")(request, **values)  # type: ignore[no-any-return]
        except Refused as refusal:
            return _refusal(endpoint, refusal.http, refusal.code, refusal.message)

    def _check_key(self, endpoint: str, request: Request, account: str) -> None:
        carrier, given = self._carrier, request.authorization
        if endpoint == "mail":
            token = (given.token if given else None) or ""
            if not hmac.compare_digest(token.encode(), carrier.api_key.encode()):
                raise Refused(401, 0, "The provided authorization grant is invalid, expired, or revoked")
            return
        user, password = (given.username or "", given.password or "") if given else ("", "")
        known = (account or user) == user == carrier.account_sid
        if not known or not hmac.compare_digest(password.encode(), carrier.auth_token.encode()):
            raise Refused(401, 20003, "Authenticate")

    def _spoil(self, fault: Fault, environ: WSGIEnvironment, endpoint: str) -> Response:
        if fault.kind == "refuse":
            response = _refusal(endpoint, fault.http, fault.code, "scripted refusal", fault.field)
            if 300 <= fault.http < 400:
                response.headers["Location"] = environ["PATH_INFO"]
            if fault.retry_after is not None:
                response.headers["Retry-After"] = str(fault.retry_after)
            return response
        if fault.kind == "hang":
            self._carrier.faults.wait(HANG)
        elif fault.kind == "reset" and (wire := environ.get("werkzeug.socket")):
            wire.shutdown(socket.SHUT_RDWR)
        return Response("<html>It works!</html>", 200, mimetype="text/html")

    # --- Twilio

    def _messages(self, request: Request) -> Response:
        if request.method == "GET":
            return self._list_messages(request)
        form = self._form(request)
        to, body, sender = form.get("To", ""), form.get("Body", ""), form.get("From", "")
        service, validity = form.get("MessagingServiceSid", ""), form.get("ValidityPeriod", "36000")
        _require(bool(to), 21604, "A 'To' phone number is required.")
        _require(bool(sender or service), 21603, "A 'From' phone number is required.")
        _require(bool(body), 21602, "Message body is required.")
        _require(
            len(body) <= LONGEST_TEXT, 21617, "The concatenated message body exceeds the 1600 character limit"
        )
        _require(validity.isdigit() and 1 <= int(validity) <= 36_000, 21330, "ValidityPeriod is not in range")
        self._check_callback(form)
        line = self._carrier.book.line(to)
        if line in _REFUSALS:
            raise Refused(400, *_REFUSALS[line])
        text = Text(
            new_id("SM"), to, body, self._carrier.clock(), sender=sender, service=service,
            status="accepted" if service else "queued", validity=int(validity),
            callback=form.get("StatusCallback", ""),
        )  # fmt: skip
        return _json(self._text_json(self._carrier.take_text(text)), 201)

    def _list_messages(self, request: Request) -> Response:
        """Newest first; a page's token is where it begins."""
        to, sender = request.args.get("To"), request.args.get("From")
        known = self._carrier.texts(None if to in self._carrier.numbers else to)
        texts = [
            one
            for one in reversed(known)
            if to in (None, one.to) and sender in (None, one.from_) and _sent_when(one, request.args)
        ]
        size, token = min(int(request.args.get("PageSize", "50")), 1_000), request.args.get("PageToken", "")
        begin = next((at for at, one in enumerate(texts) if token == f"PA{one.sid}"), 0)
        following = None
        if rest := texts[begin + size :]:
            number = int(request.args.get("Page", "0")) + 1
            asked = request.args.to_dict() | {"Page": str(number), "PageToken": f"PA{rest[0].sid}"}
            following = f"{request.path}?{urlencode(asked)}"
        return self._page("messages", map(self._text_json, texts[begin:]), request, following)

    def _senders(self, request: Request, service: str) -> Response:
        """The numbers of a messaging service (Messaging API v1)."""
        account = self._carrier.account_sid
        found = [
            {
                "sid": f"PN{number:032x}", "account_sid": account, "service_sid": service, "phone_number": phone,
                "date_created": "2026-01-01T00:00:00Z", "date_updated": "2026-01-01T00:00:00Z",
                "country_code": "MX", "capabilities": ["SMS"],
                "url": f"https://messaging.twilio.com{request.path}/PN{number:032x}",
            }
            for number, phone in enumerate(self._carrier.numbers)
        ]  # fmt: skip
        return self._page_v1("phone_numbers", found, request)

    def _short_codes(self, request: Request, service: str) -> Response:
        """It has none."""
        return self._page_v1("short_codes", [], request)

    def _page_v1(self, name: str, items: list[dict[str, Any]], request: Request) -> Response:
        url = f"https://messaging.twilio.com{request.path}"
        meta = {
            "first_page_url": url, "key": name, "next_page_url": None, "page": 0, "page_size": 50,
            "previous_page_url": None, "url": url,
        }  # fmt: skip
        return _json({name: items, "meta": meta}, 200)

    def _message(self, request: Request, sid: str) -> Response:
        return self._resource(self._carrier.book.one(Text, sid), self._text_json, request)

    def _calls(self, request: Request) -> Response:
        if request.method == "GET":
            calls = self._carrier.calls(request.args.get("To"))
            return self._page("calls", map(self._call_json, reversed(calls)), request)
        form = self._form(request)
        to, sender, twiml = form.get("To", ""), form.get("From", ""), form.get("Twiml", "")
        _require(bool(to), 21201, "No 'To' number is specified")
        _require(bool(sender), 21213, "No 'From' number is specified")
        _require(bool(twiml), 21205, "Url parameter is required.")
        _require(len(twiml) <= LONGEST_TWIML, 21219, "Twiml parameter is too long")
        self._check_callback(form)
        try:
            follow(twiml)
        except ValueError as fault:
            raise Refused(400, 12100, str(fault)) from fault
        if self._carrier.book.line(to) is Line.INVALID:
            raise Refused(400, 21211, "The phone number you are attempting to call is not valid.")
        machine = form.get("AsyncAmdStatusCallback", "") if form.get("MachineDetection") else ""
        call = Call(
            new_id("CA"), to, twiml, self._carrier.clock(), sender=sender,
            callback=form.get("StatusCallback", ""), ring=int(form.get("Timeout", "60")),
            events=tuple(request.form.getlist("StatusCallbackEvent")), machine_callback=machine,
        )  # fmt: skip
        return _json(self._call_json(self._carrier.take_call(call)), 201)

    def _call(self, request: Request, sid: str) -> Response:
        return self._resource(self._carrier.book.one(Call, sid), self._call_json, request)

    def _form(self, request: Request) -> dict[str, str]:
        self._carrier.requests.append((request.method, request.path, request.form.to_dict(flat=False)))
        return request.form.to_dict()

    def _check_callback(self, form: dict[str, str]) -> None:
        for name in ("StatusCallback", "AsyncAmdStatusCallback"):
            url = urlsplit(form.get(name, "http://none"))
            good = url.scheme in ("http", "https") and bool(url.hostname)
            _require(good, 21609, f"The '{name}' URL is not a valid URL.")

    def _page(
        self, name: str, items: Iterable[dict[str, Any]], request: Request, following: str | None = None
    ) -> Response:
        size = min(int(request.args.get("PageSize", "50")), 1_000)
        page = {
            name: list(items)[:size], "page": 0, "page_size": size, "start": 0, "end": 0, "uri": request.path,
            "first_page_uri": request.path, "next_page_uri": following, "previous_page_uri": None,
        }  # fmt: skip
        return _json(page, 200)

    def _resource(self, found: Any, shown: Callable[[Any], dict[str, Any]], request: Request) -> Response:
        if found is None:
            raise Refused(404, 20404, f"The requested resource {request.path} was not found")
        return _json(shown(found), 200)

    def _text_json(self, text: Text) -> dict[str, Any]:
        account = self._carrier.account_sid
        return {
            "account_sid": account, "api_version": "2010-04-01", "body": text.body,
            "date_created": _date(text.at), "date_sent": _date(text.at), "date_updated": _date(text.at),
            "direction": "inbound" if text.inbound else "outbound-api", "error_code": text.error,
            "error_message": None, "from": text.from_ or None,
            "messaging_service_sid": text.service or None, "num_media": "0", "num_segments": "1",
            "price": None, "price_unit": "USD", "sid": text.sid, "status": text.status,
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{account}/Messages/{text.sid}/Media.json"},
            "to": text.to,
            "uri": f"/2010-04-01/Accounts/{account}/Messages/{text.sid}.json",
        }  # fmt: skip

    def _call_json(self, call: Call) -> dict[str, Any]:
        account = self._carrier.account_sid
        return {
            "account_sid": account, "answered_by": call.answered_by or None, "api_version": "2010-04-01",
            "caller_name": None, "date_created": _date(call.at), "date_updated": _date(call.at),
            "direction": "outbound-api", "duration": None, "end_time": None, "forwarded_from": None,
            "from": call.sender, "from_formatted": call.sender, "group_sid": None, "parent_call_sid": None,
            "phone_number_sid": None, "price": None, "price_unit": "USD", "queue_time": "0", "sid": call.sid,
            "start_time": _date(call.at), "status": call.status, "subresource_uris": {}, "to": call.phone,
            "to_formatted": call.phone, "trunk_sid": None,
            "uri": f"/2010-04-01/Accounts/{account}/Calls/{call.sid}.json",
        }  # fmt: skip

    # --- SendGrid

    def _mail(self, request: Request) -> Response:
        try:
            body = json.loads(request.get_data())
            (to,) = body["personalizations"]
            (address,) = [one["email"] for one in to["to"]]
            parts = {part["type"]: part["value"] for part in body["content"]}
            subject, sender = body.get("subject") or to["subject"], body["from"]["email"]
        except (ValueError, KeyError, TypeError) as fault:
            raise Refused(400, 0, f"Bad Request: {fault}") from fault
        self._carrier.requests.append((request.method, request.path, body))
        _require("@" in address, 0, "Does not contain a valid address.")
        _require(bool(sender and subject and parts), 0, "The subject and content are required.")
        mail = Mail(
            new_id("")[:22], address, subject, parts.get("text/plain", ""), parts.get("text/html", ""),
            self._carrier.clock(), to.get("custom_args", {}).get("reference", ""),
        )  # fmt: skip
        self._carrier.take_mail(mail)
        return Response(status=202, headers={"X-Message-Id": mail.id})


def _require(fulfilled: bool, code: int, message: str) -> None:
    if not fulfilled:
        raise Refused(400, code, message)


def _refusal(
    endpoint: str, http: int, code: int, message: str, field: str = "personalizations.0.to"
) -> Response:
    if endpoint == "mail":
        return _json({"errors": [{"message": message, "field": field if http == 400 else None}]}, http)
    more = f"https://www.twilio.com/docs/errors/{code}"
    return _json({"code": code, "message": message, "more_info": more, "status": http}, http)


def _json(value: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(value), status, mimetype="application/json")


def _sent_when(text: Text, asked: Mapping[str, str]) -> bool:
    """Whether a text was sent on the days asked for: filters know whole days, in GMT."""
    day = f"{text.at.astimezone(UTC):%Y-%m-%d}"
    on, since, until = (asked.get(f"DateSent{sign}", day)[:10] for sign in ("", ">", "<"))
    return day == on and since <= day <= until


def _date(at: datetime) -> str:
    return format_datetime(at)
