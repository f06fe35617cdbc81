"""Whose signature a court's orders may carry, and for how long."""

from datetime import timedelta

import pytest

from amparo_notify.cases import manage
from amparo_notify.cases.services import OPERATOR
from amparo_notify.core.errors import Invalid
from amparo_notify.core.order import OrderState
from amparo_notify.demo.authority import Identity
from tests.authority import NOW, authority
from tests.world import AGENT, CLERK_ON_DUTY, COURT, World

CURP = "SUPL800101HDFXXX05"


@pytest.fixture(scope="module")
def substitute() -> Identity:
    """A judge's substitute, whom nobody has registered."""
    return authority().issue("SUPLENTE FICTICIO", CURP, "SUPL800101AB2", now=NOW)


def test_a_signer_by_a_confirmed_curp_goes_out_at_once(world: World, substitute: Identity) -> None:
    manage.add_signer(world.services, OPERATOR, COURT, world.now, curp=CURP)
    world.submit(document=world.signed(signer=substitute))
    world.expect_rung(AGENT)


def test_a_signer_whose_registration_has_ended_is_held(world: World, substitute: Identity) -> None:
    until = world.now + timedelta(hours=1)
    manage.add_signer(world.services, OPERATOR, COURT, world.now, curp=CURP, until=until)
    world.now = until
    accepted = world.submit(document=world.signed(signer=substitute))
    world.expect_rung(CLERK_ON_DUTY)
    assert accepted.state is OrderState.HELD


def test_a_signer_whose_registration_has_not_begun_is_held(world: World, substitute: Identity) -> None:
    since = world.now + timedelta(hours=1)
    manage.add_signer(world.services, OPERATOR, COURT, world.now, curp=CURP, since=since)
    accepted = world.submit(document=world.signed(signer=substitute))
    world.expect_rung(CLERK_ON_DUTY)
    assert accepted.state is OrderState.HELD


def test_registering_again_moves_the_end(world: World, substitute: Identity) -> None:
    until = world.now + timedelta(hours=1)
    manage.add_signer(world.services, OPERATOR, COURT, world.now, curp=CURP, until=until)
    manage.add_signer(world.services, OPERATOR, COURT, world.now, curp=CURP)
    world.now = until
    world.submit(document=world.signed(signer=substitute))
    world.expect_rung(AGENT)


def test_a_registration_that_ends_before_it_begins_is_refused(world: World) -> None:
    with pytest.raises(Invalid):
        manage.add_signer(world.services, OPERATOR, COURT, world.now, curp=CURP, until=world.now)
