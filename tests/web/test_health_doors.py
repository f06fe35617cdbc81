"""Alive, ready, and numbers: nothing that helps whoever waits for an empty station."""

from datetime import timedelta

from amparo_notify.cases import manage, personnel, standing
from amparo_notify.cases.services import OPERATOR
from amparo_notify.store import machines
from tests.web.scene import flask_of
from tests.world import AGENT, STATION, World


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


def warned(world: World) -> object:
    answer = flask_of(world).test_client().get("/readyz").json
    return answer and answer["warnings"]


def test_rosters_are_looked_at_by_the_worker_and_not_at_each_question(world: World) -> None:
    before = warned(world)
    standing.look(world.services, world.now)
    manage.add_station(world.services, OPERATOR, "XXX", "Estación Ficticia", "America/Cancun", "", world.now)
    personnel.set_active(world.services, OPERATOR, AGENT.badge, False, world.now)
    assert warned(world) == before
    assert "station" not in flask_of(world).test_client().get("/readyz").json["faults"]


def test_what_changed_in_a_roster_is_known_within_a_minute(world: World) -> None:
    standing.look(world.services, world.now)
    manage.add_station(world.services, OPERATOR, "XXX", "Estación Ficticia", "America/Cancun", "", world.now)
    world.now += timedelta(seconds=standing.LOOK_EVERY)
    assert standing.look(world.services, world.now)
    assert flask_of(world).test_client().get("/readyz").json["faults"]["station"] == 1


def test_without_a_worker_that_looks_the_question_looks_itself(world: World) -> None:
    standing.look(world.services, world.now)
    manage.add_station(world.services, OPERATOR, "XXX", "Estación Ficticia", "America/Cancun", "", world.now)
    world.now += timedelta(minutes=1)
    assert flask_of(world).test_client().get("/readyz").json["faults"]["station"] == 1


def test_of_many_workers_one_looks_at_a_time(world: World) -> None:
    assert [standing.look(world.services, world.now) for _ in range(3)] == [True, False, False]
