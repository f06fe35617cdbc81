"""The only place where concrete classes meet: `build(config)` makes the services that every case is given."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amparo_notify.cases.services import Services
from amparo_notify.channels.local import LocalAccount, local_account
from amparo_notify.channels.roads import build_local_providers, build_providers
from amparo_notify.config import Config
from amparo_notify.core.errors import Fault, Unfit
from amparo_notify.core.notice import Medium
from amparo_notify.core.ports import FetchedList, Provider
from amparo_notify.core.verdict import Examination
from amparo_notify.pki.anchors import Trust
from amparo_notify.pki.current import CurrentJudge
from amparo_notify.pki.judge import Judge
from amparo_notify.pki.sources import Sources
from amparo_notify.seal.envelope import LinkKey, Vault
from amparo_notify.seal.jws import JwsSealer
from amparo_notify.seal.keys import Keyring
from amparo_notify.seal.secrets import Argon2
from amparo_notify.store import crls
from amparo_notify.store.database import Database

SOFTWARE = "amparo_notify 0.1.0"


def build(config: Config, **replacements: Any) -> Services:
    """Return the services of a configuration; `replacements` take the place of any of them by name.

    Raises Unfit naming what is wrong with keys, anchors or the database's address.
    """
    made: dict[str, Any] = dict(replacements)
    made.setdefault("clock", lambda: datetime.now(UTC))
    keyring = Keyring.load(config.keys, made["clock"]())
    made.setdefault("database", Database(config.database_url))
    made.setdefault("vault", Vault.of(keyring))
    made.setdefault("sealer", JwsSealer(keyring))
    made.setdefault("tokens", LinkKey.of(keyring))
    made.setdefault("secrets", Argon2())
    if "verifier" not in made:
        trusted = trust(config)
        made["verifier"] = _judge(trusted, made["database"])
        made.setdefault("lists", Sources(config.crl_sources, trusted))
    made.setdefault("lists", NoLists())
    if "providers" not in made:
        made["providers"] = providers(config)
    made.setdefault("public_url", config.public_url)
    made.setdefault("software", SOFTWARE)
    return Services(**made)


def trust(config: Config) -> Trust:
    """The operator's anchors and revocation lists. Raises Unfit naming the file that cannot be read."""
    files = [Path(source) for source in config.crl_sources if not source.startswith(("http://", "https://"))]
    return Trust.load(config.trust_anchors, crls=files)


def _judge(trusted: Trust, database: Database) -> CurrentJudge:
    """A judge that follows the revocation lists in the database."""

    def version() -> str:
        with database.read() as tx:
            return crls.version(tx)

    def lists() -> list[bytes]:
        with database.read() as tx:
            return crls.bodies(tx)

    return CurrentJudge(Judge(trusted), version, lists)


class NoJudge:
    """The verifier of a process that judges no uploads: a bad trust anchor must not stop it."""

    fingerprint = ""

    def examine(self, document: bytes, signature: bytes | None, moment: datetime) -> Examination:
        """Raises Unfit, always."""
        raise Unfit(Fault("verifier", "este proceso no verifica documentos.", "Use amparo-notify submit."))


class NoLists:
    """The revocation sources of a process that judges nothing."""

    def fetch(self) -> Iterable[FetchedList]:
        """Nothing."""
        return ()


def account(config: Config) -> LocalAccount:
    """The embedded default's account with the double of the carriers."""
    return local_account(config.secret_key.get_secret_value().encode())


def providers(config: Config) -> dict[Medium, tuple[Provider, ...]]:
    """The roads to people that the configuration names."""
    if not config.live:
        return dict(build_local_providers(account(config), public_url=config.public_url))
    return dict(
        build_providers(
            public_url=config.public_url,
            twilio_account_sid=config.twilio_account_sid,
            twilio_auth_token=config.twilio_auth_token.get_secret_value(),
            twilio_from=config.twilio_from,
            twilio_messaging_service_sid=config.twilio_messaging_service_sid,
            twilio_voice_from=config.twilio_voice_from,
            twilio_api_url=config.twilio_api_url,
            sendgrid_api_key=config.sendgrid_api_key.get_secret_value(),
            sendgrid_from=config.sendgrid_from,
            sendgrid_api_url=config.sendgrid_api_url,
            smtp_url=config.smtp_url,
        )
    )
