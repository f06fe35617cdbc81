"""Which roads lead to a person by each medium, first choice first."""

from collections.abc import Mapping
from types import MappingProxyType

from amparo_notify.channels import sendgrid, smtp, twilio, twilio_inbound
from amparo_notify.channels.local import LocalAccount, carrier_url
from amparo_notify.channels.wire import TIMEOUT
from amparo_notify.core.notice import Medium
from amparo_notify.core.ports import Provider


def build_providers(
    *,
    public_url: str,
    twilio_account_sid: str = "",
    twilio_auth_token: str = "",
    twilio_from: str = "",
    twilio_messaging_service_sid: str = "",
    twilio_voice_from: str = "",
    twilio_api_url: str = "",
    sendgrid_api_key: str = "",
    sendgrid_from: str = "",
    sendgrid_api_url: str = "",
    smtp_url: str = "",
    smtp_from: str = "",
    timeout: float = TIMEOUT,
    senders: int = twilio.SENDERS,
) -> Mapping[Medium, tuple[Provider, ...]]:
    """Return the providers of each medium; a medium without credentials has none.

    `timeout` is in seconds, for a whole call to an API. `smtp_from` defaults to `sendgrid_from`. Raises ValueError
    for an address or a set of credentials that cannot work.
    """
    texts: tuple[Provider, ...] = ()
    calls: tuple[Provider, ...] = ()
    mails: list[Provider] = []
    if twilio_account_sid and twilio_auth_token:
        account = twilio.connect(
            twilio_account_sid,
            twilio_auth_token,
            public_url,
            api_url=twilio_api_url or twilio.API_URL,
            timeout=timeout,
            senders=senders,
        )
        if twilio_from or twilio_messaging_service_sid:
            texts = (
                twilio_inbound.TwoWaySms(
                    account, sender=twilio_from, messaging_service_sid=twilio_messaging_service_sid
                ),
            )
        if twilio_voice_from or twilio_from:
            calls = (twilio.TwilioVoice(account, sender=twilio_voice_from or twilio_from),)
    if sendgrid_api_key:
        mails.append(
            sendgrid.SendGridEmail(
                sendgrid_api_key,
                sender=sendgrid_from,
                api_url=sendgrid_api_url or sendgrid.API_URL,
                timeout=timeout,
            )
        )
    if smtp_url:
        mails.append(smtp.SmtpEmail(smtp_url, sender=smtp_from or sendgrid_from))
    return MappingProxyType({Medium.SMS: texts, Medium.VOICE: calls, Medium.EMAIL: tuple(mails)})


def build_local_providers(
    account: LocalAccount, *, public_url: str, timeout: float = TIMEOUT
) -> Mapping[Medium, tuple[Provider, ...]]:
    """Return the real adapters, pointed at the double of the carriers under our own address."""
    url = carrier_url(public_url)
    return build_providers(
        public_url=public_url,
        twilio_account_sid=account.account_sid,
        twilio_auth_token=account.auth_token,
        twilio_from=account.sms_from,
        twilio_voice_from=account.voice_from,
        twilio_api_url=url,
        sendgrid_api_key=account.api_key,
        sendgrid_from=account.mail_from,
        sendgrid_api_url=url,
        timeout=timeout,
    )
