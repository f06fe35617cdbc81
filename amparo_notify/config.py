"""Configuration: one frozen value, read once from the environment, complete or fatal, every fault in one message.

Nothing set: a development service on SQLite under `var/`, with providers of its own. `PROVIDERS=live`: production,
where nothing is guessed. Every variable may also be given as NAME_FILE, the path of a file that holds its value.
"""

import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import SecretStr

from amparo_notify.core.errors import Fault, Unfit
from amparo_notify.seal.keys import read_private, write_private

T = TypeVar("T")

VAR = Path(__file__).resolve().parents[1] / "var"
SECRET_LENGTH = 32  # characters; 128 bits even where somebody typed hexadecimal digits
_GUESSABLE = ("change", "secret", "example", "ejemplo", "cambi", "clave", "12345", "password")


class Providers(StrEnum):
    """Where messages go: to this service's own page of phones, or to people."""

    LOCAL = "local"
    LIVE = "live"


@dataclass(frozen=True)
class Config:
    """What the environment says. Secrets and addresses that may carry a password stay out of the repr."""

    database_url: str = field(repr=False)
    public_url: str  # without a slash at its end
    secret_key: SecretStr
    providers: Providers
    twilio_account_sid: str
    twilio_auth_token: SecretStr
    twilio_auth_token_previous: SecretStr  # accepted in callbacks during a rotation
    twilio_from: str
    twilio_messaging_service_sid: str
    twilio_voice_from: str  # TWILIO_FROM where nothing else is said
    twilio_api_url: str  # empty: Twilio's own
    sendgrid_api_key: SecretStr
    sendgrid_from: str
    sendgrid_webhook_public_key: str  # base64 of the DER, as SendGrid shows it
    sendgrid_api_url: str  # empty: SendGrid's own
    smtp_url: str = field(repr=False)  # smtp(s)://user:password@host:port; empty: no second road
    trust_anchors: tuple[Path, ...]  # files or directories
    crl_sources: tuple[str, ...]  # files, directories or http(s) addresses
    tsa_url: str
    keys: Path
    watchdog_url: str = field(repr=False)
    log_level: str
    var: Path  # where an embedded service keeps what it makes

    @property
    def live(self) -> bool:
        """Whether messages reach people."""
        return self.providers is Providers.LIVE

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], *, uploads: bool = True, var: Path = VAR, **overrides: object
    ) -> "Config":
        """Return the configuration; `overrides` are fields that replace what the environment says, unchecked.

        Makes `secret_key` in the keys' directory where SECRET_KEY is not set in development. Raises Unfit with every
        fault. A process that judges no uploads (`uploads=False`: the worker) does not mind the trust anchors, for
        a bad one must never stop a chase under way.
        """
        if unknown := overrides.keys() - cls.__dataclass_fields__.keys():
            raise TypeError(f"no such fields: {', '.join(sorted(unknown))}")
        read = _Reader(environ, overrides)
        keys = read("KEYS", _keys, var / "keys")
        config = cls(
            database_url=read("DATABASE_URL", _database, f"sqlite:///{var / 'amparo.db'}"),
            public_url=read("PUBLIC_URL", _address, "http://localhost:8000"),
            secret_key=read("SECRET_KEY", SecretStr, SecretStr("")),
            providers=read("PROVIDERS", _providers, Providers.LOCAL),
            twilio_account_sid=read("TWILIO_ACCOUNT_SID", str, ""),
            twilio_auth_token=read("TWILIO_AUTH_TOKEN", SecretStr, SecretStr("")),
            twilio_auth_token_previous=read("TWILIO_AUTH_TOKEN_PREVIOUS", SecretStr, SecretStr("")),
            twilio_from=read("TWILIO_FROM", str, ""),
            twilio_messaging_service_sid=read("TWILIO_MESSAGING_SERVICE_SID", str, ""),
            twilio_voice_from=read("TWILIO_VOICE_FROM", str, read("TWILIO_FROM", str, "")),
            twilio_api_url=read("TWILIO_API_URL", _address, ""),
            sendgrid_api_key=read("SENDGRID_API_KEY", SecretStr, SecretStr("")),
            sendgrid_from=read("SENDGRID_FROM", _mail, ""),
            sendgrid_webhook_public_key=read("SENDGRID_WEBHOOK_PUBLIC_KEY", _public_key, ""),
            sendgrid_api_url=read("SENDGRID_API_URL", _address, ""),
            smtp_url=read("SMTP_URL", _smtp, ""),
            trust_anchors=read("TRUST_ANCHORS", lambda text: tuple(map(Path, _list(text))), ()),
            crl_sources=read("CRL_SOURCES", _list, ()),
            tsa_url=read("TSA_URL", _address, ""),
            keys=keys,
            watchdog_url=read("WATCHDOG_URL", _address, ""),
            log_level=read("LOG_LEVEL", _level, "INFO"),
            var=var,
        )
        faults = read.faults + (_production(config, read) if config.live else [])
        faults += _sources(config) if uploads else []
        if faults:
            raise Unfit(*faults)
        if not config.secret_key.get_secret_value():
            return cls(**{**vars(config), "secret_key": _own_secret(keys)})
        return config


class _Reader:
    """Reads variables, and gathers what is wrong with them."""

    def __init__(self, environ: Mapping[str, str], overrides: Mapping[str, object]) -> None:
        self._environ = environ
        self._overrides = overrides
        self._blamed: set[str] = set()
        self.faults: list[Fault] = []

    def __call__(self, name: str, parse: Callable[[str], T], default: T) -> T:
        if name.lower() in self._overrides:
            return cast(T, self._overrides[name.lower()])
        text = self._text(name)
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            problem, _, remedy = str(error).partition("|")
            self._blame(Fault(name, problem, remedy))
            return default

    def given(self, name: str) -> bool:
        """Whether somebody chose a value, right or wrong."""
        return (
            any(self._environ.get(each) for each in (name, f"{name}_FILE")) or name.lower() in self._overrides
        )

    def _text(self, name: str) -> str:
        direct, file = self._environ.get(name, "").strip(), self._environ.get(f"{name}_FILE", "").strip()
        if direct and file:
            self._blame(Fault(name, f"está también como {name}_FILE.", "Deje una de las dos."))
        if direct or not file:
            return direct
        try:
            return Path(file).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no es texto"
            self._blame(
                Fault(f"{name}_FILE", f"no se puede leer {file} ({reason}).", "Corrija la ruta o el permiso.")
            )
            return ""

    def _blame(self, fault: Fault) -> None:
        if fault.field not in self._blamed:  # a variable may be read twice
            self._blamed.add(fault.field)
            self.faults.append(fault)


def _production(config: Config, read: _Reader) -> list[Fault]:
    """What may be guessed on a desk and not where people are called."""
    secret, faults = config.secret_key.get_secret_value(), []

    def demand(name: str, problem: str, remedy: str, *, unless: object) -> None:
        if not unless and name not in {fault.field.removesuffix("_FILE") for fault in read.faults}:
            faults.append(Fault(name, problem, remedy))

    def required(*names: str) -> None:
        for name in names:
            demand(
                name,
                "falta.",
                f"Es obligatoria con PROVIDERS=live: póngala, o {name}_FILE.",
                unless=read.given(name),
            )

    required("PUBLIC_URL", "SECRET_KEY", "KEYS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SENDGRID_FROM")
    if read.given("PUBLIC_URL"):
        secure = config.public_url.startswith("https://")
        demand(
            "PUBLIC_URL",
            "no es https.",
            "Use la dirección https por la que entran los oficiales.",
            unless=secure,
        )
        demand(
            "PUBLIC_URL",
            "tiene un guion bajo en el nombre del equipo.",
            "Use otro nombre: Twilio no acepta avisos de vuelta hacia ese.",
            unless="_" not in (urlsplit(config.public_url).hostname or ""),
        )
    if secret:
        strong = len(secret) >= SECRET_LENGTH and len(set(secret)) > 8 and not _guessable(secret)
        remedy = "Genere otra: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        demand("SECRET_KEY", "es corta o se puede adivinar.", remedy, unless=strong)
    sender = config.twilio_from or config.twilio_messaging_service_sid
    demand(
        "TWILIO_FROM",
        "falta.",
        "Póngala, o TWILIO_MESSAGING_SERVICE_SID: sin ella no sale un SMS.",
        unless=sender,
    )
    remedy = "Ponga el número que llama: un servicio de mensajería no hace llamadas."
    demand("TWILIO_VOICE_FROM", "falta.", remedy, unless=config.twilio_voice_from or not sender)
    mails = read.given("SENDGRID_API_KEY") or config.smtp_url
    demand("SENDGRID_API_KEY", "falta.", "Póngala, o SMTP_URL: sin ninguna no sale un correo.", unless=mails)
    if read.given("SENDGRID_API_KEY"):
        required("SENDGRID_WEBHOOK_PUBLIC_KEY")  # without it anybody could say that a mail was delivered
    return faults


def _sources(config: Config) -> list[Fault]:
    """What an upload is judged by."""
    faults = [
        Fault(name, f"no se puede leer {path}.", "Corrija la ruta o el permiso.")
        for name, paths in (
            ("TRUST_ANCHORS", config.trust_anchors),
            ("CRL_SOURCES", _paths(config.crl_sources)),
        )
        for path in paths
        if not _readable(path)
    ]
    if config.live and not config.trust_anchors:
        remedy = (
            "Ponga el archivo o directorio con los certificados raíz (FIREL, SAT); ninguno viene incluido."
        )
        faults.append(Fault("TRUST_ANCHORS", "falta.", remedy))
    return faults


def _paths(sources: tuple[str, ...]) -> list[Path]:
    return [Path(source) for source in sources if not source.startswith(("http://", "https://"))]


def _readable(path: Path) -> bool:
    with suppress(OSError):
        if path.is_dir():
            return any(path.iterdir())
        with path.open("rb"):
            return True
    return False


def _own_secret(keys: Path) -> SecretStr:
    """The secret of a service that was given none: made once, in a file that nobody else can read."""
    path = keys / "secret_key"
    with suppress(FileExistsError):
        write_private(path, secrets.token_urlsafe(32).encode())
    return SecretStr(read_private(path).decode())


def _guessable(secret: str) -> bool:
    return any(word in secret.lower() for word in _GUESSABLE)


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _database(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")):
        raise ValueError(
            "no es una dirección de SQLite ni de PostgreSQL.|Use sqlite:///ruta o postgresql://…"
        )
    return text


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment or " " in text:
        raise ValueError("no es una dirección.|Escríbala completa: https://servidor")
    return text.rstrip("/")


def _smtp(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("no es una dirección de correo saliente.|Use smtps://usuario:clave@servidor:465")
    return text


def _mail(text: str) -> str:
    name, at, domain = text.rpartition("@")
    if not (name and at and "." in domain) or any(each.isspace() for each in text):
        raise ValueError("no es una dirección de correo.|Use la dirección verificada del remitente.")
    return text


def _providers(text: str) -> Providers:
    if text not in set(Providers):
        raise ValueError(f"no puede ser «{text}».|Use local o live.")
    return Providers(text)


def _level(text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError(f"no puede ser «{text}».|Use DEBUG, INFO, WARNING o ERROR.")
    return text.upper()


def _keys(text: str) -> Path:
    if text.startswith("pkcs11:"):
        raise ValueError("aún no se admite PKCS#11.|Use un directorio que solo lea este servicio.")
    return Path(text)


def _public_key(text: str) -> str:
    bare = "".join(line for line in text.split("\n") if "-----" not in line).strip()
    with suppress(ValueError, UnsupportedAlgorithm):
        if isinstance(load_der_public_key(b64decode(bare, validate=True)), EllipticCurvePublicKey):
            return bare
    raise ValueError(
        "no es la llave pública de SendGrid.|Cópiela de Settings → Mail Settings → Event Webhook."
    )
