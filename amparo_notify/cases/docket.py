"""Orders as those who act on them find them: by folio and scope, still under way, with the stations they went to."""

from sqlalchemy import Connection

from amparo_notify.cases.services import Caller, Services
from amparo_notify.core.errors import Conflict, Fault, Missing
from amparo_notify.store import escalations, orders
from amparo_notify.store.escalations import Escalation
from amparo_notify.store.orders import Order


def find(services: Services, caller: Caller, folio: str) -> Order:
    """The order of a folio that `caller` may see. Raises Missing for another court's as for one that is not there."""
    with services.database.read() as tx:
        order = orders.find(tx, folio)
    if order is None or caller.court not in (None, order.court):
        raise Missing(
            Fault("folio", f"No existe la orden {folio}.", "Revise el folio en la lista de órdenes.")
        )
    return order


def live(tx: Connection, order_id: int) -> Order:
    """An order that has not ended. The caller holds its lock. Raises Conflict."""
    order = orders.get(tx, order_id)
    if order.state.ended:
        raise Conflict(
            Fault("order", "La orden ya está retirada o cerrada.", "Suba el acuerdo nuevo como otra orden.")
        )
    return order


def stations_of(tx: Connection, order_id: int) -> list[Escalation]:
    """The escalations of an order to its stations, without the one to its own court."""
    return [each for each in escalations.of_order(tx, order_id) if not each.is_hold]
