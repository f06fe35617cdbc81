"""People who change: new phones, and those who leave."""

import pytest

from amparo_notify.cases import personnel, signin
from amparo_notify.cases.services import OPERATOR, Caller
from amparo_notify.core.errors import Conflict, Denied, Invalid, Missing
from tests.world import AGENT, CHIEF, COURT, World

NEW_PHONE = "+525500000199"


def test_a_new_phone_is_called_from_then_on(world: World) -> None:
    personnel.change_contacts(world.services, OPERATOR, AGENT.badge, [NEW_PHONE], [AGENT.mail], world.now)
    world.submit()
    world.expect(AGENT, "email")
    assert (len(world.carrier.texts(NEW_PHONE)), len(world.carrier.calls(NEW_PHONE))) == (1, 1)


def test_contacts_that_are_no_contacts_are_all_named_and_change_nothing(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        personnel.change_contacts(world.services, OPERATOR, AGENT.badge, ["12"], ["no es correo"], world.now)
    assert [fault.field for fault in caught.value.faults] == ["phone", "mail"]
    world.submit()
    world.expect_rung(AGENT)


def test_nobody_is_left_without_any_contact(world: World) -> None:
    with pytest.raises(Invalid):
        personnel.change_contacts(world.services, OPERATOR, AGENT.badge, [], [], world.now)


def test_an_officer_who_has_left_is_called_no_more(world: World) -> None:
    personnel.set_active(world.services, OPERATOR, AGENT.badge, False, world.now)
    world.submit()
    world.expect_rung(CHIEF)


def test_a_pin_of_somebody_who_has_left_opens_nothing(world: World) -> None:
    world.submit()
    world.forget()
    personnel.set_active(world.services, OPERATOR, AGENT.badge, False, world.now)
    with pytest.raises(Denied):
        world.open_link(AGENT)


def test_an_officer_who_leaves_in_the_middle_of_a_chase_does_not_hold_it_up(world: World) -> None:
    world.submit()
    world.expect_rung(AGENT)
    personnel.set_active(world.services, OPERATOR, AGENT.badge, False, world.now)
    world.work()
    world.expect_rung(CHIEF)


def test_a_token_that_was_taken_back_opens_nothing(world: World) -> None:
    token = personnel.add_token(world.services, OPERATOR, COURT, "sistema", world.now)
    caller = signin.bearer(world.services, token, world.now)
    assert caller is not None
    name = next(each.username for each in personnel.staff_list(world.services) if each.id == caller.staff)
    personnel.retire_staff(world.services, OPERATOR, name, world.now)
    assert signin.bearer(world.services, token, world.now) is None


def test_nobody_retires_their_own_account(world: World) -> None:
    personnel.add_staff(world.services, OPERATOR, "admin.ficticia", "Ficticia", "admin", None, world.now)
    me = next(each for each in personnel.staff_list(world.services) if each.username == "admin.ficticia")
    caller = Caller(me.id, None, "admin", "passphrase+totp")
    with pytest.raises(Conflict):
        personnel.retire_staff(world.services, caller, "admin.ficticia", world.now)


def test_a_clerk_changes_nobody(world: World) -> None:
    with pytest.raises(Denied):
        personnel.set_active(world.services, world.clerk(), AGENT.badge, False, world.now)


def test_somebody_unknown_is_missing(world: World) -> None:
    with pytest.raises(Missing):
        personnel.set_active(world.services, OPERATOR, "NADIE", False, world.now)


def test_a_landline_is_called_and_never_texted(world: World) -> None:
    phones = [f"fijo {NEW_PHONE}"]
    personnel.change_contacts(world.services, OPERATOR, AGENT.badge, phones, [AGENT.mail], world.now)
    world.submit()
    world.expect(AGENT, "email")
    assert (len(world.carrier.texts(NEW_PHONE)), len(world.carrier.calls(NEW_PHONE))) == (0, 1)


@pytest.mark.parametrize("number", ["+1 202 555 0123", "55 0000 01", "+52 1 55 0000 0199 1"])
def test_a_number_that_is_not_mexican_is_refused(world: World, number: str) -> None:
    with pytest.raises(Invalid) as caught:
        personnel.change_contacts(world.services, OPERATOR, AGENT.badge, [number], [], world.now)
    assert [fault.field for fault in caught.value.faults] == ["phone"]


def test_the_old_mobile_prefix_is_mended(world: World) -> None:
    old = NEW_PHONE.replace("+52", "+521")
    personnel.change_contacts(world.services, OPERATOR, AGENT.badge, [old], [AGENT.mail], world.now)
    world.submit()
    world.expect(AGENT, "email")
    assert len(world.carrier.texts(NEW_PHONE)) == 1


def test_a_number_with_an_extension_is_refused_for_nobody_would_dial_it(world: World) -> None:
    with pytest.raises(Invalid, match="extensión"):
        personnel.change_contacts(
            world.services, OPERATOR, AGENT.badge, ["55 0000 0010 ext 3"], [AGENT.mail], world.now
        )
