"""The stations."""

from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from amparo_notify.cases import manage
from amparo_notify.web.admin import admin_page, do, field
from amparo_notify.web.auth import caller
from amparo_notify.web.context import now, services
from amparo_notify.web.present import PLACES
from amparo_notify.web.security import Audience, may

blueprint = Blueprint("admin_duty", __name__, url_prefix="/admin/estaciones")


@blueprint.get("")
@may(Audience.ADMIN)
def stations(**shown: Any) -> Response:
    """The stations."""
    return admin_page("stations", stations=manage.stations(services()), zones=PLACES, **shown)


@blueprint.post("")
@may(Audience.ADMIN)
def add_station() -> Response:
    """Add a station in its own zone."""

    def deed() -> None:
        fields = (field("code").upper(), field("name"), field("time_zone"), field("phone"))
        manage.add_station(services(), caller(), *fields, now())

    return do(stations, deed, "")
