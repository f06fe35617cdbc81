"""What a watchman sees who can only read: orders that nobody tries to tell, workers and providers that fell silent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from amparo_notify.store import inbound, machines
from amparo_notify.store.database import Database

UNTRIED_AFTER = timedelta(seconds=60)
"""An accepted order of which no message was even tried for so long is not on its way."""

SILENT_AFTER = timedelta(seconds=30)
"""A worker shows itself every five seconds."""

MISSED_FOR = timedelta(minutes=10)
"""A worker that fell silent while others work is spoken of for so long; then its host is no longer expected."""

LATE_AFTER = timedelta(seconds=15)
"""A worker looks every second and whenever something falls due."""

UNTAKEN_AFTER = timedelta(seconds=30)
"""A due notice that nobody has claimed for so long: every sender is busy, or nobody looks."""

UNREAD_AFTER = timedelta(minutes=5)
"""Whoever texts while the webhook fails is read within two minutes."""

LATELY = timedelta(minutes=5)
ENOUGH = 3
"""So many messages, and not one taken, are no accident."""


@dataclass(frozen=True)
class Alarm:
    """Something that a person must look at now. `name` is the same for as long as it lasts; sentences are Spanish."""

    name: str
    sentence: str


def watch(database: Database, now: datetime) -> tuple[Alarm, ...]:
    """Every alarm at this instant. Reads only. Raises what the driver raises where the database is away."""
    with database.read() as tx:
        alarms = (*_orders(tx, now), *_workers(tx, now), *_ticks(tx, now), *_providers(tx, now))
        return (*alarms, *_texts(tx, now))


def _orders(tx: Connection, now: datetime) -> list[Alarm]:
    untried = machines.untried_orders(tx, now - UNTRIED_AFTER)
    sentence = f"{untried} órdenes aceptadas llevan más de un minuto sin un solo intento de aviso."
    return [Alarm("untried-orders", sentence)] if untried else []


def _workers(tx: Connection, now: datetime) -> list[Alarm]:
    beats = machines.heartbeats(tx)
    alive = [name for name, at in beats.items() if now - at <= SILENT_AFTER]
    if not alive:
        return [Alarm("no-worker", "Ningún proceso de envío da señales de vida.")]
    gone = [name for name, at in beats.items() if SILENT_AFTER < now - at <= MISSED_FOR]
    return [Alarm(f"worker-gone:{name}", f"El proceso de envío {name} dejó de dar señales.") for name in gone]


def _ticks(tx: Connection, now: datetime) -> list[Alarm]:
    alarms = []
    if late := machines.late_escalations(tx, now - LATE_AFTER):
        alarms.append(Alarm("late-escalations", f"{late} escalamientos vencidos no se han atendido."))
    if late := machines.late_notices(tx, now - UNTAKEN_AFTER):
        alarms.append(Alarm("late-notices", f"{late} avisos vencidos no los ha tomado nadie."))
    return alarms


def _providers(tx: Connection, now: datetime) -> list[Alarm]:
    alarms = []
    for each in machines.tried_since(tx, now - LATELY, now - UNTRIED_AFTER):
        if each.failed >= ENOUGH and not each.taken:
            sentence = f"{each.provider} no ha aceptado ninguno de {each.failed} mensajes en cinco minutos."
            alarms.append(Alarm(f"provider-refuses:{each.provider}", sentence))
        elif each.unheard >= ENOUGH and each.unheard == each.taken:
            sentence = f"{each.provider} aceptó {each.taken} mensajes y no ha dicho nada de ninguno."
            alarms.append(Alarm(f"provider-silent:{each.provider}", sentence))
    return alarms


def _texts(tx: Connection, now: datetime) -> list[Alarm]:
    sentence = (
        "{} no ha dejado leer en cinco minutos los textos que recibe: puede haber un ENTERADO sin atender."
    )
    unread = inbound.unread(tx, now - UNREAD_AFTER)
    return [Alarm(f"texts-unread:{provider}", sentence.format(provider)) for provider in unread]
