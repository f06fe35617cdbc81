"""Phones in hand: browsers that hold an officer's link, on a whole world with its carriers at the far end."""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from sqlalchemy import func, select, text
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from amparo_notify.store.tables import acknowledgement, metadata
from tests.world import PINS, Somebody, World


@dataclass(frozen=True)
class Phone:
    """An officer's phone, at one of their links. It sends forms with their token and their hidden fields."""

    client: FlaskClient
    path: str  # /n/<token>

    def get(self, path: str = "", **more: Any) -> TestResponse:
        return self.client.get(self.path + path, buffered=True, **more)

    @property
    def cookie(self) -> str:
        """The name of the cookie that the PIN leaves."""
        return f"officer-{hashlib.sha256(self.path.rpartition('/')[2].encode()).hexdigest()[:12]}"

    def filled(self, step: str) -> dict[str, str]:
        """The hidden fields of one of the page's forms."""
        form = re.search(rf'<form[^>]*action="{self.path}/{step}[^>]*>(.*?)</form>', self.get().text, re.S)
        assert form, f"no form for {step}"
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[1]))

    def send(self, step: str, **fields: Any) -> TestResponse:
        """Send one of the page's forms, with these fields besides."""
        return self.client.post(f"{self.path}/{step}", data={**self.filled(step), **fields})

    def identify(self, pin: str = PINS) -> TestResponse:
        return self.send("nip", pin=pin)

    def acknowledge(self) -> TestResponse:
        return self.send("enterado")


def flask_of(world: World) -> Flask:
    """The web application of a world, with the world's own carriers behind its demonstration."""
    app = world.app.application
    assert isinstance(app, Flask)
    app.extensions["carrier"] = world.carrier
    return app


def phone(world: World, who: Somebody, pin: str = "") -> Phone:
    """Somebody's phone at the newest link that they were texted; with a PIN, past the doorstep."""
    held = Phone(flask_of(world).test_client(), f"/n/{world.link_of(who)}")
    if pin:
        held.identify(pin)
    return held


def acknowledgements(world: World) -> int:
    with world.services.database.read() as tx:
        return int(tx.execute(select(func.count()).select_from(acknowledgement)).scalar_one())


ACCESS = {"log", "record", "leaf", "link"}
"""Where an access record is written; everything else must stay as it is."""


def contents(world: World) -> dict[str, list[object]]:
    """Every row of every table but those of access records."""
    with world.services.database.read() as tx:
        return {
            name: list(tx.execute(text(f'SELECT * FROM "{name}"')).all())
            for name in metadata.tables
            if name not in ACCESS
        }


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(world: World) -> Iterator[str]:
    """The world's web application behind a real socket; its address."""
    server = make_server("127.0.0.1", 0, flask_of(world), threaded=True, request_handler=_Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def window(chrome: Browser, width: int = 360, height: int = 800, scripts: bool = True) -> Iterator[Page]:
    """A window of a real browser, of a phone's size. It fails on any error of a script."""
    context = chrome.new_context(viewport={"width": width, "height": height}, java_script_enabled=scripts)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    context.close()
    assert not broken, broken
