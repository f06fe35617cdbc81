"""Asks each provider something that sends nothing: are we let in, with these credentials, from this host?"""

import smtplib
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import requests

from amparo_notify.channels import sendgrid, twilio
from amparo_notify.cli.finding import Finding, fault, ok
from amparo_notify.config import Config

TIMEOUT = 5.0
"""Seconds for each provider."""


def providers(config: Config) -> Iterator[Finding]:
    """Yield a finding for each provider that the configuration names."""
    if not config.live:
        yield _get(
            "providers",
            "the double of the carriers",
            f"{config.public_url}/healthz",
            "Start it: amparo-notify serve.",
        )
        return
    if sid := config.twilio_account_sid:
        url = f"{config.twilio_api_url or twilio.API_URL}/2010-04-01/Accounts/{sid}.json"
        token = config.twilio_auth_token.get_secret_value()
        yield _get(
            "providers", "Twilio", url, "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.", auth=(sid, token)
        )
    if key := config.sendgrid_api_key.get_secret_value():
        url = f"{config.sendgrid_api_url or sendgrid.API_URL}/v3/scopes"
        yield _get(
            "providers",
            "SendGrid",
            url,
            "Check SENDGRID_API_KEY.",
            headers={"Authorization": f"Bearer {key}"},
        )
    if config.smtp_url:
        yield _smtp(config.smtp_url)


def _get(
    check: str,
    name: str,
    url: str,
    remedy: str,
    *,
    auth: tuple[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Finding:
    try:
        status = requests.get(
            url, auth=auth, headers=headers, timeout=TIMEOUT, allow_redirects=False
        ).status_code
    except requests.RequestException as error:
        return fault(
            check,
            f"{name} cannot be reached ({type(error).__name__}).",
            "Check the network." if auth else remedy,
        )
    if status in (401, 403):
        return fault(check, f"{name} does not let us in (HTTP {status}).", remedy)
    if status >= 400:
        return fault(check, f"{name} answers HTTP {status}.", remedy)
    return ok(check, f"{name} answers")


def _smtp(url: str) -> Finding:
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    kind, port = (smtplib.SMTP_SSL, 465) if secure else (smtplib.SMTP, 587)
    try:
        with kind(parts.hostname or "", parts.port or port, timeout=TIMEOUT) as server:
            server.ehlo()
            if not secure and server.has_extn("starttls"):
                server.starttls()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        return fault(
            "providers", f"the mail server does not let us in ({type(error).__name__}).", "Check SMTP_URL."
        )
    return ok("providers", "the mail server answers")
