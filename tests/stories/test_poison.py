"""One order with something wrong about it never holds up another."""

from sqlalchemy import text

from amparo_notify.cases import escalate
from tests.world import AGENT, CHIEF, World


def test_an_order_that_cannot_be_planned_leaves_the_others_alone(world: World) -> None:
    broken, sound = world.submit(expediente="1/2026"), world.submit(expediente="2/2026")
    world.carrier.hang_up(world.carrier.calls(AGENT.phone)[-1].sid)  # the second call waited for the first
    world.work()
    world.forget()
    order = world.view(broken.folio).order.id
    with world.services.database.write() as tx:
        tx.execute(
            text("UPDATE escalation SET phase = 'broken' WHERE orders = :id"),
            {"id": order},
        )
    world.now += escalate.TRY_AGAIN * 12
    escalate.escalate_due(world.services, world.now)
    world.work()
    world.expect_error("cannot be planned")
    world.expect(CHIEF, "sms", "voice", "email")
    world.expect_silence()
    assert world.view(sound.folio).stations[0].level == 2
