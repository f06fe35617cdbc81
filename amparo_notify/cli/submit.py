"""`amparo-notify submit`: hands in a signed order, by the same case as the form and the API."""

import argparse
from dataclasses import fields, replace

from amparo_notify.cases.reject import Rejected
from amparo_notify.cases.services import OPERATOR, Services
from amparo_notify.cases.submission import Submission
from amparo_notify.cases.submit import Accepted, submit
from amparo_notify.cli.common import (
    FAULTS,
    GOOD,
    UNDECIDED,
    Commands,
    add_json,
    content,
    family,
    instant,
    say,
    show_json,
)
from amparo_notify.cli.desk import services
from amparo_notify.core.order import OrderState, Person, Suspension
from amparo_notify.core.verdict import Verdict, summary

_KEYS = {
    "name": "name",
    "alias": "aliases",
    "nationality": "nationality",
    "born": "born",
    "passport": "passport",
    "held": "held_at",
    "airline": "airline",
    "flight": "flight",
    "destination": "destination",
    "departs": "departs_at",
}
assert set(_KEYS.values()) == {field.name for field in fields(Person)}

_EPILOG = f"""A person is a name, or KEY=VALUE pairs separated by semicolons:
  {", ".join(_KEYS)}
One of name, alias and passport is enough. --airline, --flight, --destination and --departs hold for everybody who says
nothing else. The same file with the same fields answers with the existing order; a further --station is added.

examples:
  amparo-notify submit order.pdf --court J5DAMX --expediente 1234/2026-III-A --station MEX-T1 \\
      --person "ANA EJEMPLO PEÑA" --flight "FX 417" --departs 2026-11-21T14:35-06:00 --lawyer counsel@despacho.example
  amparo-notify submit order.pdf --signature order.p7s --court J5DAMX --expediente 1234/2026 --station MEX-T1 CUN-T3 \\
      --person "name=ANA EJEMPLO PEÑA;passport=X0000001;held=segunda revisión" --person "alias=LUCHO"

exit codes: 0 accepted, 1 refused (nothing was sent), 2 wrong usage, 3 held for a second person of the court"""


def add_parsers(commands: Commands) -> None:
    """Register `submit`."""
    parser = family(commands, "submit")
    parser.epilog = _EPILOG
    parser.add_argument(
        "file", metavar="FILE", type=content, help="the signed PDF, or a .p7m with the PDF inside"
    )
    parser.add_argument("--signature", metavar="SIG", type=content, help="a detached signature (.p7s)")
    parser.add_argument("--court", metavar="CODE", required=True)
    parser.add_argument("--expediente", metavar="N", required=True, help="1234/2026 or 1234/2026-III-A")
    parser.add_argument(
        "--station", metavar="CODE", required=True, nargs="+", action="extend", help="may be several"
    )
    parser.add_argument(
        "--person", metavar="PERSON", required=True, type=person, action="append", help="see below"
    )
    parser.add_argument("--airline", default="")
    parser.add_argument("--flight", default="", help="such as FX 417")
    parser.add_argument("--destination", default="")
    parser.add_argument("--departs", type=instant, metavar="INSTANT", help="2026-11-21T14:35-06:00")
    parser.add_argument(
        "--lawyer", metavar="MAIL", nargs="+", action="extend", default=[], help="receives the tracking code"
    )
    parser.add_argument(
        "--suspension", choices=[str(each) for each in Suspension], default=str(Suspension.DE_PLANO),
        help="default: %(default)s",
    )  # fmt: skip
    parser.add_argument("--instruction", default="", help="what the officer must do, where not the usual")
    parser.add_argument(
        "--copy-comar",
        action="store_true",
        help="the order allows COMAR's desk a copy, without personal data",
    )
    parser.add_argument("--idempotency-key", metavar="KEY", help="the same key never makes a second order")
    add_json(parser)
    parser.set_defaults(run=run)


def person(text: str) -> Person:
    """A name, or KEY=VALUE pairs separated by semicolons; for argparse."""
    if "=" not in text:
        return Person(name=text.strip())
    values: dict[str, object] = {}
    for pair in filter(str.strip, text.split(";")):
        key, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or key not in _KEYS:
            raise argparse.ArgumentTypeError(
                f"«{pair.strip()}» is not KEY=VALUE with a KEY of {', '.join(_KEYS)}"
            )
        values[_KEYS[key]] = instant(value) if key == "departs" else value
    return Person(**values)  # type: ignore[arg-type]


def run(options: argparse.Namespace) -> int:
    """Submit, and print the folio, the verdict, and where to follow it."""
    submission = Submission(
        court=options.court,
        expediente=options.expediente,
        stations=options.station,
        persons=[_with_flight(each, options) for each in options.person],
        document=options.file,
        signature=options.signature,
        lawyers=options.lawyer,
        suspension=options.suspension,
        instruction=options.instruction,
        copy_comar=options.copy_comar,
        idempotency_key=options.idempotency_key,
    )
    with services(uploads=True) as own:
        try:
            accepted = submit(own, submission, OPERATOR, own.clock())
        except Rejected as rejected:
            return _refused(rejected.verdict, options.json)
        (show_json if options.json else _print)(_as_json(own, accepted))
    return UNDECIDED if accepted.state is OrderState.HELD else GOOD


def _with_flight(each: Person, options: argparse.Namespace) -> Person:
    return replace(
        each,
        airline=each.airline or options.airline,
        flight=each.flight or options.flight,
        destination=each.destination or options.destination,
        departs_at=each.departs_at or options.departs,
    )


def _refused(verdict: Verdict, as_json: bool) -> int:
    if as_json:
        show_json({"folio": None, "state": "rejected", "verdict": summary(verdict)})
    else:
        say(f"{verdict.conclusion} ({verdict.reason}): {verdict.explanation} Nothing was sent.")
    return FAULTS


def _as_json(own: Services, accepted: Accepted) -> dict[str, object]:
    receipt = accepted.receipt
    return {
        "folio": accepted.folio,
        "state": accepted.state,
        "new": accepted.new,
        "added_stations": accepted.added,
        "hold_reason": accepted.hold_reason,
        "tracking_url": own.url(f"/s/{accepted.tracking_code}"),
        "receipt_url": own.url(f"/v/{receipt.code}") if receipt else None,
        "receipt": receipt.jws if receipt else None,
        "verdict": summary(accepted.verdict),
    }


def _print(answer: dict[str, object]) -> None:
    verdict = answer["verdict"]
    assert isinstance(verdict, dict)
    added = answer["added_stations"]
    again = (
        ""
        if answer["new"]
        else f" (it was there already; stations added: {added})"
        if added
        else " (it was there already)"
    )
    print(f"Order      {answer['folio']}, {answer['state']}{again}")
    print(f"Verdict    {verdict['verdict']}: {verdict['explanation']}")
    print(f"Follow it  {answer['tracking_url']}")
    print(f"Receipt    {answer['receipt_url']}")
    if answer["state"] == OrderState.HELD:
        say("It is held: a second authorised person of the court must confirm it.")
