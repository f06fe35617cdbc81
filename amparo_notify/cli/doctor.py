"""`amparo-notify doctor`: every start-up check at once, and a look at each provider, with remedies."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta

from amparo_notify.bootstrap import trust
from amparo_notify.cases.health import SILENT_AFTER
from amparo_notify.cases.services import Services
from amparo_notify.cases.watch import UNREAD_AFTER
from amparo_notify.cli import gaps, probe
from amparo_notify.cli.common import FAULTS, GOOD, Commands, add_json, family, local, show_json
from amparo_notify.cli.desk import built, require_tables
from amparo_notify.cli.finding import Finding, fault, ok, warning
from amparo_notify.cli.settings import configuration
from amparo_notify.config import Config
from amparo_notify.core.coverage import Worry, concerns
from amparo_notify.core.errors import Refusal
from amparo_notify.core.events import Grade
from amparo_notify.core.policy import COURT, HEADQUARTERS, POST, ROTATION, Policy
from amparo_notify.core.recipients import resolve
from amparo_notify.core.roster import Roster
from amparo_notify.store import crls, inbound, machines, outbox, passkeys, people, rosters
from amparo_notify.store.crls import KeptList
from amparo_notify.store.people import DRILL_COURT, Station

AHEAD = timedelta(days=7)
_EPILOG = """Checks the configuration, the database, the keys, how long trust anchors and revocation lists last, each
provider (by a request that sends nothing), the worker, and for every station and court that somebody can be
reached now and during the next seven days. A warning (!) does not fail; a fault (✗) does, with exit code 1.

example:
  amparo-notify doctor --json"""


def add_parsers(commands: Commands) -> None:
    """Register `doctor`."""
    parser = family(commands, "doctor")
    parser.epilog = _EPILOG
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check everything, and print every finding."""
    found = list(findings())
    if options.json:
        show_json(
            {"good": not any(each.level == "fault" for each in found), "findings": [asdict(f) for f in found]}
        )
    else:
        for each in found:
            mark = {"ok": "✓", "warning": "!", "fault": "✗"}[each.level]
            print(f"{mark} {each.check}: {each.detail} {each.remedy}".rstrip())
    return FAULTS if any(each.level == "fault" for each in found) else GOOD


def findings() -> Iterator[Finding]:
    """Yield the outcome of every check that can be made; what a fault hides is said."""
    try:
        config = configuration(uploads=True)
    except Refusal as refusal:
        yield from _faults("configuration", refusal)
        with suppress(Refusal):
            # A fault in what uploads are judged by leaves the rest to be checked; any other leaves nothing to go by.
            yield from _services(configuration(uploads=False))
            return
        yield warning("the rest", "it cannot be checked until the configuration is right.", "")
        return
    yield ok("configuration", f"providers {config.providers}, public address {config.public_url}")
    yield from _services(config)


def _services(config: Config) -> Iterator[Finding]:
    try:
        with built(config, uploads=False) as own:
            now = own.clock()
            yield ok("keys", f"{config.keys}")
            yield from _trust(config, now)
            yield from probe.providers(config)
            yield from _database(own, now)
    except Refusal as refusal:
        yield from _faults("keys", refusal)


def _faults(check: str, refusal: Refusal) -> Iterator[Finding]:
    return (fault(check, f"{each.field}: {each.problem}", each.remedy) for each in refusal.faults)


def _trust(config: Config, now: datetime) -> Iterator[Finding]:
    try:
        described = trust(config).describe(now)
    except Refusal as refusal:
        yield from _faults("trust", refusal)
        return
    for each in described:
        until = str(each["not_after"] or "no end")
        detail = f"{each['purpose']} {each['name']}, until {until[:10]}, SHA-256 {each['fingerprint_sha256']}"
        is_list = each["purpose"] == "lista de revocación"
        if each["expired"]:
            remedy = (
                "Get the authority's current one."
                if is_list
                else "Keep it for old orders; add its successor."
            )
            yield (fault if is_list else warning)("trust", f"{detail}: it has run out.", remedy)
        elif each["warning"]:
            yield warning("trust", f"{detail}: it runs out soon.", "Get its successor.")
        else:
            yield ok("trust", detail)
    if not any(each["purpose"] == "lista de revocación" for each in described) and not config.crl_sources:
        yield warning(
            "trust", "there are no revocation lists: every order waits for its limit.", "Set CRL_SOURCES."
        )


def _database(own: Services, now: datetime) -> Iterator[Finding]:
    try:
        require_tables(own.database)
    except Refusal as refusal:
        yield from _faults("database", refusal)
        return
    yield ok("database", "reachable, tables up to date")
    with own.database.read() as tx:
        seen, overdue = outbox.last_beat(tx), outbox.overdue(tx, now - timedelta(minutes=1))
        stations, courts = (
            people.stations(tx),
            [each for each in people.courts(tx) if each.code != DRILL_COURT],
        )
        known = [
            (each, rosters.current_policy(tx, each), rosters.current_roster(tx, each)) for each in stations
        ]
        unsigned = [
            each.code
            for each, version, _ in known
            if version and version.policy.required_grade == Grade.A3 and not passkeys.can_sign(tx, each.id)
        ]
        contacts = {each.code: people.officers(tx, court_id=each.id) for each in courts}
        signers = {each.code: people.signers_of(tx, each.id) for each in courts}
        lists, trusts = crls.kept(tx), machines.trusts(tx, now - SILENT_AFTER)
        unread = inbound.unread(tx, now - UNREAD_AFTER)
    yield _worker(seen, now)
    yield from _shared_trust(lists, trusts, now)
    if overdue:
        yield fault(
            "notices",
            f"{overdue} are more than a minute late.",
            "See the providers above, and the worker's log.",
        )
    for provider in unread:
        yield fault(
            "texts",
            f"what people text us through {provider} has not been read for five minutes.",
            "See the providers above, and the worker's log.",
        )
    for code, officers in contacts.items():
        yield from _court(code, any(each.reachable for each in officers.values()), bool(signers[code]))
    if not stations:
        yield fault("stations", "there are none.", "Add one: amparo-notify station add --help")
    for code in unsigned:
        yield fault(
            f"station {code}",
            "its policy asks for signatures, and nobody there has a passkey: no chase would ever end.",
            "Officers add one on their notice's page; or set required_grade to A2.",
        )
    for station, version, roster in known:
        yield from _station(station, version.policy if version else None, roster, now)


def _shared_trust(lists: list[KeptList], trusts: set[str], now: datetime) -> Iterator[Finding]:
    """What the hosts judge by: lists that the workers fetched, and anchors that should be the same everywhere."""
    for each in lists:
        until = local(each.next_update)
        if each.next_update is not None and each.next_update < now:
            remedy = "Check CRL_SOURCES, and that the worker reaches it."
            yield fault("trust", f"the list kept of {each.source} has run out, {until}.", remedy)
        else:
            yield ok("trust", f"list kept of {each.source}, fetched {local(each.fetched_at)}, until {until}")
    if len(trusts) > 1:
        yield fault("trust", "hosts trust different anchors.", "Give all of them the same TRUST_ANCHORS.")


def _worker(seen: datetime | None, now: datetime) -> Finding:
    if seen is None or now - seen > SILENT_AFTER:
        last = f"last heard of {local(seen)}" if seen else "never heard of"
        return fault("worker", f"{last}.", "Start it: amparo-notify worker (or serve).")
    return ok("worker", f"alive, heard of {(now - seen).total_seconds():.0f} s ago")


def _court(code: str, reachable: bool, has_signers: bool) -> Iterator[Finding]:
    check = f"court {code}"
    if not reachable:
        yield fault(
            check,
            "it has no duty contact: nobody confirms a held order.",
            f"amparo-notify officer add … --court {code}",
        )
    if not has_signers:
        yield warning(
            check, "it has no signer: every order is held.", f"amparo-notify court signer add {code} …"
        )
    if reachable and has_signers:
        yield ok(check, "duty contacts and signers")


def _station(station: Station, policy: Policy | None, roster: Roster, now: datetime) -> Iterator[Finding]:
    check = f"station {station.code}"
    if policy is None:
        yield fault(
            check,
            "it has no policy: it takes no orders.",
            f"amparo-notify policy set {station.code} --default",
        )
        return
    if not roster.rotations:
        yield fault(check, "it has no roster.", f"amparo-notify roster import {station.code} FILE")
    bad = list(_unmatched(policy, roster))
    yield from (fault(check, problem, "Correct the policy or the roster.") for problem in bad)
    first = resolve(policy.levels[0], roster, now)
    if not first.people:
        yield fault(
            check,
            "nobody of the first level can be reached now.",
            f"amparo-notify roster show {station.code}",
        )
    missing = gaps.gaps(roster, now, now + AHEAD)
    for gap in missing:
        when = f"{local(gap.start, station.time_zone)} to {local(gap.end, station.time_zone)}"
        problem = f"{gap.rotation} has {gap.on_duty} of {gap.minimum} people, {when}."
        yield (warning if gap.on_duty else fault)(check, problem, "Add an override or an officer.")
    if not (bad or missing) and first.people and roster.rotations:
        yield ok(check, f"{len(first.people)} on duty now, no gap in the next {AHEAD.days} days")
    yield from _concerns(check, roster, now)


def _concerns(check: str, roster: Roster, now: datetime) -> Iterator[Finding]:
    """What the roster leaves to luck. Gaps are told apart, and without asking whether contacts are confirmed."""
    found = [each for each in concerns(roster, now, now + AHEAD) if each.kind is not Worry.GAP]
    if unconfirmed := [each.subject for each in found if each.kind is Worry.UNVERIFIED]:
        remedy = "They do so by the link with which they chose their PIN; officer invite gives another."
        yield warning(check, f"have confirmed no contact: {', '.join(unconfirmed)}.", remedy)
    yield from (warning(check, each.sentence, "") for each in found if each.kind is not Worry.UNVERIFIED)


def _unmatched(policy: Policy, roster: Roster) -> Iterator[str]:
    """What a policy names and the roster lacks."""
    rotations = {rotation.name for rotation in roster.rotations}
    posts = {officer.post.casefold() for officer in roster.officers.values()}
    has: dict[str, Callable[[str], bool]] = {
        ROTATION: lambda name: name in rotations,
        POST: lambda name: name.casefold() in posts,
        HEADQUARTERS: lambda name: bool(roster.headquarters),
        COURT: lambda name: True,  # of whichever court; each is checked by itself
    }
    for level in policy.levels:
        for target in level.targets:
            if not has[target.kind](target.name):
                yield f"its policy names {target.kind} {target.name}".rstrip() + ", and there is none."
