"""The API's description (OpenAPI 3.1): what is really there, kept true by a test over the routes."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from amparo_notify.core.events import Event, Grade
from amparo_notify.core.notice import Cause, Medium, Purpose, Status
from amparo_notify.core.order import DocumentKind, Ending, OrderState, OutcomeCode, Suspension
from amparo_notify.core.state import Phase
from amparo_notify.core.verdict import Conclusion, Reason

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
SHORT: Schema = {"type": "string", "maxLength": 500}
WHOLE: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
URL: Schema = {"type": "string", "format": "uri"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def _of(words: Iterable[StrEnum]) -> Schema:
    return {"type": "string", "enum": [str(word) for word in words]}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(properties: Schema, required: Iterable[str] | None = None, *, strict: bool = False) -> Schema:
    """An object; all its properties are required unless others are named."""
    made: Schema = {"type": "object", "properties": properties}
    names = list(properties) if required is None else list(required)
    if names:
        made["required"] = names
    if strict:
        made["additionalProperties"] = False
    return made


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


PERSON = _object(
    {
        **dict.fromkeys(
            (
                "name",
                "aliases",
                "nationality",
                "born",
                "passport",
                "held_at",
                "airline",
                "flight",
                "destination",
            ),
            SHORT,
        ),
        "departs_at": _maybe(INSTANT),
    },
    (),
    strict=True,
) | {
    "description": "Name, aliases or passport: any one is enough, and may be misspelt. Instants have an offset."
}

ORDER = _object(
    {
        "court": {**SHORT, "description": "The token's court where it is left out."},
        "expediente": {
            **SHORT,
            "pattern": r"^\d{1,6}/\d{4}(-[0-9A-Z]{1,5}){0,3}$",
            "examples": ["1234/2026-III-A"],
        },
        "suspension": {**_of(Suspension), "default": "de_plano"},
        "stations": _list(SHORT, minItems=1, maxItems=200),
        "persons": _list(_ref("Person"), minItems=1, maxItems=200),
        "lawyers": _list({**SHORT, "format": "email"}, maxItems=200),
        "instruction": {"type": "string", "maxLength": 2000},
        "drill": TRUTH,
        "copy_comar": {
            **TRUTH,
            "default": False,
            "description": "The order allows COMAR's desk a copy: that there is an order, and nothing of the person.",
        },
    },
    ("expediente", "stations", "persons"),
    strict=True,
)

SIGNER = _object(
    {
        "name": TEXT,
        "curp": _maybe(TEXT),
        "rfc": _maybe(TEXT),
        "serial": TEXT,
        "issuer": TEXT,
        "certificate_sha256": HASH,
        "signed_at": _maybe(INSTANT),
        "signed_at_source": {"type": "string", "enum": ["timestamp", "claimed", "none"]},
        "revocation": {"type": "string", "enum": ["good", "revoked", "not consulted"]},
    }
)

VERDICT = _object(
    {
        "verdict": _of(Conclusion),
        "reason": _maybe(_of(Reason))
        | {"description": "Sub-indication of ETSI EN 319 102-1, or NOT_SIGNED."},
        "explanation": {**TEXT, "description": "One Spanish sentence."},
        "format": {"type": "string", "enum": ["PAdES", "CAdES-enveloping", "CAdES-detached", "none"]},
        "document_sha256": TEXT,
        "signers": _list(_ref("Signer")),
    }
)

ACCEPTED = _object(
    {
        "folio": TEXT,
        "state": _of(OrderState),
        "new": TRUTH,
        "added_stations": _list(TEXT),
        "hold_reason": _maybe(TEXT),
        "verdict": _ref("Verdict"),
        "receipt": _maybe(TEXT) | {"description": "Compact JWS (ES256): the signed receipt."},
        "receipt_url": _maybe(URL),
        "tracking_url": URL,
        "order_url": URL,
    }
)

NOTICE = _object(
    {
        "level": WHOLE,
        "round": WHOLE,
        "officer": _maybe(TEXT),
        "post": TEXT,
        "channel": _of(Medium),
        "purpose": _of(Purpose),
        "cause": _of(Cause),
        "due_at": INSTANT,
        "state": TEXT,
        "status": _maybe(_of(Status)),
        "attempts": WHOLE,
        "provider": _maybe(TEXT),
        "at": _maybe(INSTANT),
    }
)

STATION = _object(
    {
        "station": TEXT,
        "name": TEXT,
        "time_zone": TEXT,
        "phase": _of(Phase),
        "level": WHOLE,
        "levels": WHOLE,
        "round": WHOLE,
        "next_at": _maybe(INSTANT),
        "display_due": _maybe(INSTANT),
        "outcome_due": _maybe(INSTANT),
        "acknowledgement": _maybe(
            _object({"post": TEXT, "officer": TEXT, "at": INSTANT, "grade": _of(Grade)})
        ),
        "outcomes": _list(
            _object(
                {
                    "person": WHOLE,
                    "code": _of(OutcomeCode),
                    "at": INSTANT,
                    "post": TEXT,
                    "details": {"type": "object", "additionalProperties": TEXT},
                }
            )
        ),
        "notices": _list(_ref("Notice")),
    }
)

STATE = _object(
    {
        "folio": TEXT,
        "court": TEXT,
        "expediente": TEXT,
        "suspension": _of(Suspension),
        "state": _of(OrderState),
        "drill": TRUTH,
        "copy_comar": TRUTH,
        "submitted_at": INSTANT,
        "hold_reason": _maybe(TEXT),
        "revocation_not_consulted": TRUTH,
        "deadline": _maybe(INSTANT),
        "verdict": _ref("Verdict"),
        "persons": _list(
            _object(
                {
                    "position": WHOLE,
                    "airline": TEXT,
                    "flight": TEXT,
                    "destination": TEXT,
                    "departs_at": _maybe(INSTANT),
                }
            )
        ),
        "documents": _list(_object({"kind": _of(DocumentKind), "sha256": HASH, "submitted_at": INSTANT})),
        "stations": _list(_ref("Station")),
        "hold_notices": _list(_ref("Notice")),
        "ending_asked": _maybe(_of(Ending)),
        "tracking_url": URL,
        "receipt": _maybe(TEXT),
        "events": {**WHOLE, "description": "The number of the newest event."},
    }
)

EVENT = _object(
    {
        "seq": {**WHOLE, "minimum": 1},
        "at": INSTANT,
        "event": _of(Event),
        "etsi": _maybe(TEXT) | {"description": "The event's name in ETSI EN 319 522-3."},
        "station": _maybe(TEXT),
        "actor": TEXT,
        "details": {"type": "object"},
    }
)

PROBLEM = _object(
    {
        "type": TEXT,
        "title": TEXT,
        "status": WHOLE,
        "detail": TEXT,
        "errors": _list(_object({"field": TEXT, "problem": TEXT, "remedy": TEXT})),
        "verdict": _ref("Verdict"),
    },
    ("type", "title", "status"),
) | {"description": "RFC 9457. Sentences are Spanish, ready for the screen."}


def _answer(description: str, schema: str, kind: str = "application/json", **headers: Schema) -> Schema:
    made: Schema = {"description": description, "content": {kind: {"schema": _ref(schema)}}}
    if headers:
        made["headers"] = {name.replace("_", "-"): {"schema": schema} for name, schema in headers.items()}
    return made


def _problem(description: str, **headers: Schema) -> Schema:
    return _answer(description, "Problem", "application/problem+json", **headers)


_UNKNOWN_CALLER = {"401": _problem("No bearer token, or one that is not known.", WWW_Authenticate=TEXT)}
_READING = _UNKNOWN_CALLER | {"404": _problem("No such order of this court.")}
_FOLIO = {"name": "folio", "in": "path", "required": True, "schema": TEXT, "example": "J5DAMX-000012"}

_CREATE: Schema = {
    "operationId": "createOrder",
    "summary": "Submit a signed order",
    "description": "Verifies the signature and notifies the officers on duty. Idempotent by Idempotency-Key, and by "
    "court, document, signature and fields. A new station for an order that is there already is added and notified.",
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string", "minLength": 1, "maxLength": 128},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": _object(
                    {
                        "document": {
                            "type": "string",
                            "format": "binary",
                            "description": "Signed PDF or .p7m, 32 MiB at most.",
                        },
                        "signature": {"type": "string", "format": "binary", "description": "Detached .p7s."},
                        "order": _ref("Order"),
                    },
                    ("document", "order"),
                    strict=True,
                ),
                "encoding": {"order": {"contentType": "application/json"}},
            }
        },
    },
    "responses": {
        "200": _answer(
            "The order was there already: a repeat, or a station added to it.", "Accepted", Location=TEXT
        ),
        "201": _answer("Accepted; the first notices are on their way.", "Accepted", Location=TEXT),
        "202": _answer("Held for a second authorised person of the court.", "Accepted", Location=TEXT),
        "400": _problem("Malformed: no JSON, a key or a part twice, an unknown part."),
        **_UNKNOWN_CALLER,
        "403": _problem("The token is another court's."),
        "409": _problem("The key or the document is known with other fields."),
        "413": _problem("Larger than 32 MiB."),
        "415": _problem("Not multipart/form-data."),
        "422": _problem("Fields that must be mended, or a signature that does not hold (with its verdict)."),
        "503": _problem(
            "Nothing can be judged or kept now: the order is not received. Send it again, with the same key.",
            Retry_After=TEXT,
        ),
    },
}

_STATE: Schema = {
    "operationId": "getOrder",
    "summary": "How an order goes",
    "parameters": [_FOLIO, {"name": "If-None-Match", "in": "header", "schema": TEXT}],
    "responses": {
        "200": _answer("The order.", "State", ETag=TEXT),
        "304": {"description": "Nothing has changed.", "headers": {"ETag": {"schema": TEXT}}},
        **_READING,
    },
}

_EVENTS: Schema = {
    "operationId": "listEvents",
    "summary": "What happened to an order, oldest first",
    "parameters": [
        _FOLIO,
        {
            "name": "after",
            "in": "query",
            "schema": {"type": "integer", "minimum": 0, "maximum": 2**53, "default": 0},
        },
        {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100},
        },
    ],
    "responses": {
        "200": _answer("A page of events.", "Events"),
        "400": _problem("`after` or `limit` is not a number in its range."),
        **_READING,
    },
}


def document(server: str) -> Schema:
    """Return the description, for a service at `server`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "amparo_notify",
            "version": "1",
            "summary": "Carries a signed amparo order to the officers on duty, and chases it until one answers.",
        },
        "servers": [{"url": server or "/"}],
        "security": [{"token": []}],
        "paths": {
            "/api/v1/orders": {"post": _CREATE},
            "/api/v1/orders/{folio}": {"get": _STATE},
            "/api/v1/orders/{folio}/events": {"get": _EVENTS},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Person": PERSON,
                "Order": ORDER,
                "Signer": SIGNER,
                "Verdict": VERDICT,
                "Accepted": ACCEPTED,
                "Notice": NOTICE,
                "Station": STATION,
                "State": STATE,
                "Event": EVENT,
                "Events": _object({"events": _list(_ref("Event")), "next_after": WHOLE, "more": TRUTH}),
                "Problem": PROBLEM,
            },
        },
    }
