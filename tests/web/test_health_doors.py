"""Alive, ready, and numbers: nothing that helps whoever waits for an empty station."""

from datetime import timedelta

from amparo_notify.store import machines
from tests.web.scene import flask_of
from tests.world import STATION, World


def beat(world: World) -> None:
    with world.services.database.write() as tx:
        machines.beat(tx, "worker", world.now)


def test_the_process_is_alive_without_asking_anything_else(world: World) -> None:
    answer = flask_of(world).test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_with_a_worker_at_work_the_service_is_ready(world: World) -> None:
    beat(world)
    answer = flask_of(world).test_client().get("/readyz")
    assert (answer.status_code, answer.json and answer.json["ready"]) == (200, True)


def test_a_worker_that_fell_silent_is_an_alarm_and_takes_no_upload_away(world: World) -> None:
    beat(world)
    world.now += timedelta(minutes=2)
    client = flask_of(world).test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_an_empty_station_is_counted_and_not_named(world: World) -> None:
    beat(world)
    world.put_on_duty(STATION)
    answer = flask_of(world).test_client().get("/readyz")
    assert STATION not in answer.text


def test_the_numbers_name_no_case_and_nobody(world: World) -> None:
    world.submit()
    text = flask_of(world).test_client().get("/metrics").text
    assert "amparo_overdue_notices" in text
    assert not [word for word in ("1234/2026", "CANARIA", STATION, "+52") if word in text]
