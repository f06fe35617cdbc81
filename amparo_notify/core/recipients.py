"""Whom a level reaches at an instant, on what ground, and who was left out and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import COURT, HEADQUARTERS, POST, ROTATION, Level, Target
from amparo_notify.core.roster import Contact, Officer, Roster

NOBODY = "nobody_on_duty"
UNREACHABLE = "all_contacts_failed"
RELIEVED = "relieved_by_override"


@dataclass(frozen=True)
class Recipient:
    """One person to reach. `since` is the start of the watch (UTC), or None for those who have none."""

    officer: Officer
    source: str  # "rotation agentes" | "override agentes" | "post titular" | "fallback headquarters" | "fallback court"
    since: datetime | None = None

    @property
    def on_watch(self) -> bool:
        """Whether they are here because their watch is on, and not for their post."""
        return self.since is not None

    @property
    def of_court(self) -> bool:
        """Whether they are the court's own people, who have nothing to acknowledge and may travel."""
        return self.source == f"fallback {COURT}"


@dataclass(frozen=True)
class Reached:
    """A level at an instant."""

    people: tuple[Recipient, ...]
    left_out: tuple[tuple[str, str], ...]  # (badge, why)

    @property
    def why_empty(self) -> str:
        """The reason for skipping a level with no people; empty for one that has some."""
        if self.people:
            return ""
        return UNREACHABLE if any(why == UNREACHABLE for _, why in self.left_out) else NOBODY

    @property
    def sources(self) -> tuple[tuple[str, str], ...]:
        return tuple((recipient.officer.badge, recipient.source) for recipient in self.people)


def resolve(level: Level, roster: Roster, at: datetime) -> Reached:
    """Return whom a level reaches at `at`, each person once, by the first target that names them."""
    people: dict[str, Recipient] = {}
    left_out: dict[str, str] = {}
    for target in level.targets:
        for badge, source, since in _named(target, roster, at):
            officer = roster.officers.get(badge)
            if officer is None or not officer.reachable:
                left_out[badge] = UNREACHABLE
            elif badge not in people:
                people[badge] = Recipient(officer, source, since)
        if target.kind == ROTATION:
            left_out |= dict.fromkeys(roster.relieved(target.name, at), RELIEVED)
    kept = tuple((badge, why) for badge, why in left_out.items() if badge not in people)
    return Reached(tuple(people.values()), kept)


def copied(roster: Roster) -> Reached:
    """Return COMAR's desk as far as it can be written to; an empty one is left out by its name."""
    people = tuple(Recipient(desk, "copy comar") for desk in roster.comar if desk.reachable)
    failed = tuple((desk.badge, UNREACHABLE) for desk in roster.comar if not desk.reachable)
    return Reached(people, failed)


def _named(target: Target, roster: Roster, at: datetime) -> Iterator[tuple[str, str, datetime | None]]:
    """Yield badge, source and start of watch of everybody a target names, reachable or not."""
    if target.kind == ROTATION:
        for duty in roster.on_duty(target.name, at):
            yield duty.badge, f"{duty.source} {target.name}", duty.since
    elif target.kind == POST:
        elsewhere = {*roster.headquarters, *roster.court}
        for badge, officer in roster.officers.items():
            if officer.post.casefold() == target.name.casefold() and badge not in elsewhere:
                yield badge, f"post {target.name}", None
    else:
        fallback = {HEADQUARTERS: roster.headquarters, COURT: roster.court}
        for badge in fallback.get(target.kind, ()):
            yield badge, f"fallback {target.kind}", None


def contacts(officer: Officer, media: tuple[Medium, ...]) -> tuple[Contact, ...]:
    """Return the first usable contact of each medium and of those the officer added; of any where none is usable.

    Somebody with a mail address only is still reached by a level that rings telephones.
    """
    best: dict[Medium, Contact] = {}
    for contact in officer.contacts:
        if contact.usable and (
            contact.medium not in best or contact.position < best[contact.medium].position
        ):
            best[contact.medium] = contact
    chosen = tuple(best[medium] for medium in dict.fromkeys((*media, *officer.also)) if medium in best)
    return chosen or tuple(best[medium] for medium in Medium if medium in best)
