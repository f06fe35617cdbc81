"""Configuration: nothing set runs on a desk; production is complete or refused, every fault at once."""

from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from amparo_notify.config import Config, Providers
from amparo_notify.core.errors import Unfit

SECRET = "q7Jx0ZkV2mWc9TfLrB4nYh8sDgUe1aPo"


def _public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


WEBHOOK_KEY = _public(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def live(tmp_path: Path) -> dict[str, str]:
    """A complete production environment."""
    (tmp_path / "anchors").mkdir()
    (tmp_path / "anchors" / "root.pem").write_text("an anchor")
    return {
        "PROVIDERS": "live",
        "DATABASE_URL": "postgresql://amparo:hunter2@db/amparo",
        "PUBLIC_URL": "https://amparo.test/",
        "SECRET_KEY": SECRET,
        "KEYS": str(tmp_path / "keys"),
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "twilio-token",
        "TWILIO_FROM": "+525500000001",
        "SENDGRID_API_KEY": "sendgrid-key",
        "SENDGRID_FROM": "avisos@amparo.test",
        "SENDGRID_WEBHOOK_PUBLIC_KEY": WEBHOOK_KEY,
        "TRUST_ANCHORS": str(tmp_path / "anchors"),
    }


def _faults(environ: dict[str, str], tmp_path: Path, *, uploads: bool = True) -> list[str]:
    with pytest.raises(Unfit) as refusal:
        Config.from_environment(environ, uploads=uploads, var=tmp_path)
    return [fault.field for fault in refusal.value.faults]


def test_nothing_set_runs_on_sqlite_with_providers_of_its_own(tmp_path: Path) -> None:
    config = Config.from_environment({}, var=tmp_path)
    assert (config.database_url, config.providers) == (f"sqlite:///{tmp_path}/amparo.db", Providers.LOCAL)


def test_a_development_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = (
        Config.from_environment({}, var=tmp_path).secret_key.get_secret_value() for _ in range(2)
    )
    assert first == second
    assert (tmp_path / "keys" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_complete_production_environment_is_accepted(live: dict[str, str], tmp_path: Path) -> None:
    config = Config.from_environment(live, var=tmp_path)
    assert (config.live, config.public_url, config.twilio_voice_from) == (
        True,
        "https://amparo.test",
        "+525500000001",
    )


def test_production_with_nothing_set_names_every_fault_at_once(tmp_path: Path) -> None:
    assert _faults({"PROVIDERS": "live"}, tmp_path) == [
        "PUBLIC_URL",
        "SECRET_KEY",
        "KEYS",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "SENDGRID_FROM",
        "TWILIO_FROM",
        "SENDGRID_API_KEY",
        "TRUST_ANCHORS",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "http://amparo.test"),
        ("PUBLIC_URL", "amparo.test"),
        ("PUBLIC_URL", "https://amparo_web.test"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "change-me-change-me-change-me-change-me"),
        ("SECRET_KEY", "a" * 40),
        ("KEYS", ""),
        ("KEYS", "pkcs11:token=amparo"),
        ("TWILIO_ACCOUNT_SID", ""),
        ("TWILIO_AUTH_TOKEN", ""),
        ("TWILIO_FROM", ""),
        ("TWILIO_API_URL", "127.0.0.1:8080"),
        ("SENDGRID_API_KEY", ""),
        ("SENDGRID_FROM", "nobody"),
        ("SENDGRID_WEBHOOK_PUBLIC_KEY", ""),
        ("SENDGRID_WEBHOOK_PUBLIC_KEY", "not a key"),
        ("SENDGRID_WEBHOOK_PUBLIC_KEY", _public(rsa.generate_private_key(65537, 2048))),
        ("TRUST_ANCHORS", ""),
        ("TRUST_ANCHORS", "/none/root.pem"),
        ("CRL_SOURCES", "/none/list.crl https://crl.test/list.crl"),
        ("DATABASE_URL", "mysql://amparo"),
        ("SMTP_URL", "mail.test"),
        ("TSA_URL", "tsa"),
        ("WATCHDOG_URL", "https://"),
        ("LOG_LEVEL", "loud"),
        ("SECRET_KEY_FILE", "/run/secrets/twice"),
    ],
)
def test_one_fault_in_production_is_named_alone(
    live: dict[str, str], tmp_path: Path, name: str, value: str
) -> None:
    assert _faults({**live, name: value}, tmp_path) == [name.removesuffix("_FILE")]


def test_every_fault_says_how_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(Unfit) as refusal:
        Config.from_environment({"PROVIDERS": "live", "LOG_LEVEL": "x", "TSA_URL": "x"}, var=tmp_path)
    assert all(fault.problem and fault.remedy for fault in refusal.value.faults)


def test_a_bad_anchor_stops_uploads_and_never_the_worker(live: dict[str, str], tmp_path: Path) -> None:
    broken = {**live, "TRUST_ANCHORS": "/none"}
    assert _faults(broken, tmp_path) == ["TRUST_ANCHORS"]
    assert Config.from_environment(broken, uploads=False, var=tmp_path).live


def test_a_messaging_service_needs_a_number_for_calls(live: dict[str, str], tmp_path: Path) -> None:
    del live["TWILIO_FROM"]
    live["TWILIO_MESSAGING_SERVICE_SID"] = "MG" + "0" * 32
    assert _faults(live, tmp_path) == ["TWILIO_VOICE_FROM"]


def test_mail_may_go_by_smtp_alone(live: dict[str, str], tmp_path: Path) -> None:
    del live["SENDGRID_API_KEY"], live["SENDGRID_WEBHOOK_PUBLIC_KEY"]
    live["SMTP_URL"] = "smtps://avisos:clave@mail.test:465"
    assert Config.from_environment(live, var=tmp_path).smtp_url


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "TWILIO_AUTH_TOKEN", "SENDGRID_API_KEY", "DATABASE_URL", "PUBLIC_URL"]
)
def test_any_variable_may_come_from_a_file(live: dict[str, str], tmp_path: Path, name: str) -> None:
    direct = Config.from_environment(live, var=tmp_path)
    (tmp_path / "value").write_text(live.pop(name) + "\n")
    assert Config.from_environment({**live, f"{name}_FILE": str(tmp_path / "value")}, var=tmp_path) == direct


def test_an_unreadable_file_is_named(live: dict[str, str], tmp_path: Path) -> None:
    del live["TWILIO_AUTH_TOKEN"]
    assert _faults({**live, "TWILIO_AUTH_TOKEN_FILE": "/none"}, tmp_path) == ["TWILIO_AUTH_TOKEN_FILE"]


def test_no_secret_is_in_the_repr(live: dict[str, str], tmp_path: Path) -> None:
    live |= {"SMTP_URL": "smtp://u:mailsecret@mail.test", "TWILIO_AUTH_TOKEN_PREVIOUS": "older-token"}
    shown = repr(Config.from_environment(live, var=tmp_path))
    secrets = (SECRET, "hunter2", "twilio-token", "sendgrid-key", "mailsecret", "older-token")
    assert not [secret for secret in secrets if secret in shown]


def test_lists_are_split_at_commas_and_spaces(tmp_path: Path) -> None:
    for name in ("a.pem", "b.pem"):
        (tmp_path / name).write_text("x")
    config = Config.from_environment(
        {
            "TRUST_ANCHORS": f"{tmp_path}/a.pem, {tmp_path}/b.pem",
            "CRL_SOURCES": "https://a.test/1 https://b.test/2",
        },
        var=tmp_path,
    )
    assert [path.name for path in config.trust_anchors] == ["a.pem", "b.pem"]
    assert config.crl_sources == ("https://a.test/1", "https://b.test/2")


def test_an_override_replaces_the_environment(tmp_path: Path) -> None:
    config = Config.from_environment(
        {"PUBLIC_URL": "https://a.test"}, var=tmp_path, public_url="http://localhost:9"
    )
    assert config.public_url == "http://localhost:9"


def test_an_override_of_nothing_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="publik_url"):
        Config.from_environment({}, var=tmp_path, publik_url="x")


def test_an_exposed_development_secret_is_refused(tmp_path: Path) -> None:
    Config.from_environment({}, var=tmp_path)
    (tmp_path / "keys" / "secret_key").chmod(0o644)
    with pytest.raises(Unfit, match="chmod 600"):
        Config.from_environment({}, var=tmp_path)
