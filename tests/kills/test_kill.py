"""kill -9 at every named point of submit, claim, send, record, callback and acknowledge: nothing is lost."""

import json
import os
import random
from pathlib import Path

import pytest

from tests.kills.theatre import Theatre

CASES, STORE, CHANNELS = "amparo_notify.cases", "amparo_notify.store", "amparo_notify.channels"
COMMIT = "sqlalchemy.engine.default:DefaultDialect.do_commit"

SUBMIT = (
    f"before {CASES}.submit:submit 1",
    f"before {STORE}.blobs:store 1",
    f"after {STORE}.blobs:store 1",
    f"after {STORE}.people:hold_court 1",
    f"after {STORE}.log:create 1",
    f"after {STORE}.orders:add_document 1",
    f"after {STORE}.escalations:add 1",
    f"after {STORE}.outbox:write 1",
    f"after {STORE}.escalations:add_receipt 1",
    f"after {CASES}.submit:submit 1",
)
CLAIM = (
    f"before {STORE}.claims:take 1",
    f"after {STORE}.claims:take 1",
    f"after {STORE}.claims:add_attempts 1",
    f"after {CASES}.witness:witness_all 1",
    f"after {CASES}.dispatch:claim 1",
)
SEND = (
    f"after {STORE}.claims:still_wanted 1",
    f"before {CHANNELS}.twilio:TwilioSms.send 1",
    f"after {CHANNELS}.twilio:TwilioSms.send 1",
    f"after {CHANNELS}.twilio:TwilioVoice.send 1",
    f"before {CHANNELS}.sendgrid:SendGridEmail.send 1",
    f"after {CHANNELS}.sendgrid:SendGridEmail.send 1",
)
RECORD = (
    f"before {CASES}.dispatch:record 1",
    f"after {STORE}.claims:change_attempts 1",
    f"after {STORE}.claims:mark_sent 1",
    f"after {CASES}.dispatch:record 1",
)
CALLBACK = (
    f"before {CASES}.listen:heard 1",
    f"after {STORE}.outbox:add_event 1",
    f"after {CASES}.listen:settle_status 1",
    f"after {CASES}.listen:heard 2",
)
ACKNOWLEDGE = (
    f"before {CASES}.acknowledge:settle_acknowledgement 1",
    f"after {STORE}.escalations:add_acknowledgement 1",
    f"after {STORE}.outbox:cancel_chase 1",
    f"after {CASES}.acknowledge:settle_acknowledgement 1",
    f"after {STORE}.inbound:take 1",
    f"after {STORE}.inbound:acted 1",
    f"after {CASES}.reply:inbound_sms 1",
)
POINTS = [("web", point) for point in (*SUBMIT, *CALLBACK, *ACKNOWLEDGE)]
POINTS += [("worker", point) for point in (*CLAIM, *SEND, *RECORD)]
EVERY_DAY = {SUBMIT[7], CLAIM[4], SEND[2], SEND[5], RECORD[2], ACKNOWLEDGE[2]}
"""One of each in the default run; all of them, several times, with --long."""

SEEDS = int(os.environ.get("KILL_SEEDS", "1"))


def _marks(point: str) -> list[pytest.MarkDecorator]:
    return [] if point in EVERY_DAY else [pytest.mark.long]


def _name(value: str) -> str:
    when, _, where = value.partition(" ")
    return f"{when} {where.rpartition(':')[2]}" if where else value


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize(
    ("victim", "point"),
    [pytest.param(*each, marks=_marks(each[1]), id=f"{each[0]} {_name(each[1])}") for each in POINTS],
)
def test_a_cut_of_power_loses_nothing_and_doubles_one_message_at_most(
    theatre: Theatre, victim: str, point: str, seed: int
) -> None:
    ending = theatre.play(victim, f"{point} {_wait(point, seed)}")
    _note(theatre, point, ending.lost, ending.doubled)
    assert (ending.lost, ending.orders, ending.acknowledged, ending.late) == (0, 1, 1, 0), ending
    assert ending.doubled <= 1, ending


def _wait(point: str, seed: int) -> int:
    """Milliseconds between a point and the end: none, then by the seed, so that other threads get differently far."""
    return random.Random(f"{point} {seed}").randrange(250) if seed else 0


def _note(theatre: Theatre, point: str, lost: int, doubled: int) -> None:
    """A line of KILL_TABLE, one for each crash."""
    if folder := os.environ.get("KILL_TABLE"):
        kind = "sqlite" if theatre.stage.services.database.sqlite else "postgresql"
        with Path(folder).open("a") as table:
            table.write(json.dumps([kind, point, lost, doubled]) + "\n")
