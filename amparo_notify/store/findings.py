"""What a periodic job found last, for doors that must answer at once."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from amparo_notify.store.tables import finding


def keep(tx: Connection, job: str, now: datetime, body: dict[str, Any]) -> None:
    """Keep what a job found, in place of what it found before. Of two hosts at once either will do."""
    values = {"at": now, "body": json.dumps(body)}
    if tx.execute(update(finding).where(finding.c.job == job).values(**values)).rowcount:
        return
    try:
        with tx.begin_nested():
            tx.execute(insert(finding).values(job=job, **values))
    except IntegrityError:
        return  # another host found the same an instant ago


def last(tx: Connection, job: str) -> dict[str, Any] | None:
    """What a job found last, however long ago."""
    body = tx.execute(select(finding.c.body).where(finding.c.job == job)).scalar_one_or_none()
    return dict(json.loads(body)) if body is not None else None


def stale(tx: Connection, beginning: str, before: datetime) -> list[str]:
    """The jobs whose name has this beginning and which have found nothing since an instant."""
    which = finding.c.job.startswith(beginning, autoescape=True) & (finding.c.at < before)
    return list(tx.scalars(select(finding.c.job).where(which).order_by(finding.c.job)))


def newest(tx: Connection, job: str, since: datetime) -> dict[str, Any] | None:
    """What a job found last, or None where that was before `since`."""
    body = tx.execute(
        select(finding.c.body).where(finding.c.job == job, finding.c.at >= since)
    ).scalar_one_or_none()
    return dict(json.loads(body)) if body is not None else None
