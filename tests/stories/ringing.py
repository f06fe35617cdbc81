"""What the stories about calls share: whose phone it is, and what rang on it."""

from dataclasses import replace

from amparo_notify.core.notice import Medium
from amparo_notify.demo.carrier_book import Call
from tests.world import AGENT, Somebody, World

EVERYTHING = dict.fromkeys(Medium, 64)
"""Room for a claim of all that is due."""
SHARING = replace(AGENT, badge="MEX-A2", mail="agente2@estacion.example")
"""Somebody with the agent's phone."""


def calls(world: World, who: Somebody = AGENT) -> tuple[Call, ...]:
    return world.carrier.calls(who.phone)
