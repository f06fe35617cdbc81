"""Rosters and policies: immutable JSON versions, joined here with the officers as they are now."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from amparo_notify.core.policy import Policy, policy_from_json, policy_to_json
from amparo_notify.core.roster import Roster, roster_from_json, roster_to_json
from amparo_notify.store import people
from amparo_notify.store.people import Station
from amparo_notify.store.tables import policy, roster


@dataclass(frozen=True)
class Version:
    """One policy as kept: its row's id besides."""

    id: int
    policy: Policy


def save_roster(tx: Connection, station: Station, new: Roster, now: datetime) -> int:
    """Keep a new version of a station's roster and return its number."""
    version = (
        tx.execute(select(func.max(roster.c.version)).where(roster.c.station == station.id)).scalar() or 0
    ) + 1
    body = json.dumps(roster_to_json(replace(new, version=version)), ensure_ascii=False, sort_keys=True)
    tx.execute(insert(roster).values(station=station.id, version=version, body=body, made_at=now))
    return version


def save_policy(tx: Connection, station: Station, new: Policy, now: datetime) -> Version:
    """Keep a new version of a station's policy."""
    version = (
        tx.execute(select(func.max(policy.c.version)).where(policy.c.station == station.id)).scalar() or 0
    ) + 1
    kept = replace(new, version=version)
    body = json.dumps(policy_to_json(kept), ensure_ascii=False, sort_keys=True)
    added = (
        insert(policy)
        .values(station=station.id, version=version, body=body, made_at=now)
        .returning(policy.c.id)
    )
    return Version(int(tx.execute(added).scalar_one()), kept)


def current_roster(
    tx: Connection, station: Station, court_id: int | None = None, version: int | None = None
) -> Roster:
    """The station's newest roster, or one `version` of it, with the people as they are now.

    They are its officers, headquarters', and `court_id`'s duty contacts.
    """
    kept = select(roster.c.body).where(roster.c.station == station.id)
    if version is not None:
        kept = kept.where(roster.c.version == version)
    body = tx.execute(kept.order_by(roster.c.version.desc()).limit(1)).scalar()
    found = (
        roster_from_json(json.loads(body))
        if body
        else Roster(station=station.code, time_zone=station.time_zone, version=0)
    )
    around = people.reachable(tx, station.id, court_id)
    return replace(
        found,
        officers=around.headquarters | around.court | around.own,
        headquarters=found.headquarters or tuple(around.headquarters),
        court=tuple(around.court),
        comar=around.comar,
    )


def versions(tx: Connection, station: Station, before: int | None, limit: int) -> list[tuple[int, datetime]]:
    """(number, when) of a station's rosters, newest first, from the one before `before`."""
    kept = select(roster.c.version, roster.c.made_at).where(roster.c.station == station.id)
    if before is not None:
        kept = kept.where(roster.c.version < before)
    rows = tx.execute(kept.order_by(roster.c.version.desc()).limit(limit))
    return [(row.version, row.made_at) for row in rows]


def court_roster(tx: Connection, court_code: str, court_id: int, time_zone: str) -> Roster:
    """A roster of the court's own duty contacts alone, for a held order."""
    officers = people.officers(tx, court_id=court_id)
    return Roster(court_code, time_zone, version=0, officers=officers, court=tuple(officers))


def current_policy(tx: Connection, station: Station) -> Version | None:
    row = tx.execute(
        select(policy.c.id, policy.c.body)
        .where(policy.c.station == station.id)
        .order_by(policy.c.version.desc())
        .limit(1)
    ).first()
    return Version(row.id, policy_from_json(json.loads(row.body))) if row else None


def kept_policy(tx: Connection, policy_id: int) -> Policy:
    """The policy that an escalation started with."""
    body = tx.execute(select(policy.c.body).where(policy.c.id == policy_id)).scalar_one()
    return policy_from_json(json.loads(body))
