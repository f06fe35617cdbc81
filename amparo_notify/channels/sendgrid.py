"""Mail through SendGrid's SDK, against a configurable address. Nothing in a mail is tracked."""

import http.client
from datetime import datetime
from typing import Any

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    BypassListManagement,
    ClickTracking,
    CustomArg,
    Email,
    Ganalytics,
    Mail,
    MailSettings,
    OpenTracking,
    Personalization,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from amparo_notify.channels import deadline
from amparo_notify.channels.sendgrid_http import PunctualClient
from amparo_notify.channels.wire import TIMEOUT, busy, check_address, network_fault
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium, Status
from amparo_notify.core.ports import Message, Sent

API_URL = "https://api.sendgrid.com"
REFERENCE = "reference"
"""The custom argument that comes back in every event."""
SENDER_NAME = "Notificaciones de amparo"

EVENT_STATUS = {
    "processed": Status.ACCEPTED,
    "deferred": Status.SENT,
    "delivered": Status.DELIVERED,
    "bounce": Status.UNDELIVERED,
    "blocked": Status.UNDELIVERED,
    "dropped": Status.UNDELIVERED,
    # Never evidence of anything: scanners open and click. They say no more than that the provider has it.
    "open": Status.ACCEPTED,
    "click": Status.ACCEPTED,
    "spamreport": Status.ACCEPTED,
    "unsubscribe": Status.ACCEPTED,
    "group_unsubscribe": Status.ACCEPTED,
    "group_resubscribe": Status.ACCEPTED,
}
"""https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event"""

DROPPED_FOR_ITS_ADDRESS = {"bounced address", "unsubscribed address", "spam reporting address", "invalid"}
"""Reasons of "dropped" that speak of the mailbox; the others (quota, spam content, headers) are the account's fault.
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event#dropped"""

NOT_FOR_EVER = ("4.", "5.2.2", "5.3.", "5.4.", "5.7.")
"""How a bounce's code begins (RFC 3463) that condemns no mailbox: transient, full, system, route, policy."""

OURS_TO_MEND = {
    401: "the key is wrong or was withdrawn",
    403: "the sender is not verified, or the key may not send",
    413: "the mail is too large",
}
"""In words for the log and the alarm: an administrator must act.
https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors"""

BAD_ADDRESS = ("does not contain a valid address", "personalizations.0.to")
"""What a 400 says of the recipient (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors)."""


class SendGridEmail:
    """Mail with a text and an HTML part."""

    name = "sendgrid"

    def __init__(
        self, api_key: str, *, sender: str, api_url: str = API_URL, timeout: float = TIMEOUT
    ) -> None:
        """`sender` is the verified address; `timeout` is in seconds, for a whole call."""
        if not (api_key and sender):
            raise ValueError("SENDGRID_API_KEY and SENDGRID_FROM are needed to send mail")
        self._sender = sender
        self._api = SendGridAPIClient(api_key, host=api_url.rstrip("/"))
        self._api.client = PunctualClient(self._api.client, timeout)
        self._timeout = timeout

    def send(self, message: Message) -> Sent:
        """Hand the mail to SendGrid. Raises ChannelError."""
        check_address(message.to)
        try:
            with deadline.within(self._timeout):
                answer = self._api.send(self._mail(message))
        except HTTPError as refusal:
            raise _refused(refusal) from refusal
        except (OSError, http.client.HTTPException) as fault:
            raise network_fault("sendgrid", fault) from fault
        if answer.status_code != 202:
            # A proxy's page with 200 or 201 is not SendGrid's word.
            raise ChannelError(f"sendgrid: HTTP {answer.status_code} instead of 202", unknown=True)
        return Sent(self.name, answer.headers.get("X-Message-Id"))

    def find(self, message: Message, since: datetime) -> Sent | None:
        """None: SendGrid lists no mail without a paid add-on. In doubt a mail is sent again; two do no harm."""
        return None

    def status(self, provider_id: str, medium: Medium) -> Status | None:
        """None: it cannot be asked. Its events come by callback."""
        return None

    def _mail(self, message: Message) -> dict[str, Any]:
        mail = Mail(
            Email(self._sender, SENDER_NAME), None, message.subject, message.text, message.html or None
        )
        to = Personalization()
        to.add_to(To(message.to))
        to.add_custom_arg(CustomArg(REFERENCE, message.reference))
        mail.add_personalization(to)
        tracking = TrackingSettings()
        tracking.click_tracking = ClickTracking(enable=False, enable_text=False)
        tracking.open_tracking = OpenTracking(enable=False)
        tracking.subscription_tracking = SubscriptionTracking(enable=False)
        tracking.ganalytics = Ganalytics(enable=False)
        mail.tracking_settings = tracking
        # An officer whose mailbox was once full, or who once pressed "spam", must not miss every later order.
        mail.mail_settings = MailSettings(bypass_list_management=BypassListManagement(enable=True))
        body: dict[str, Any] = mail.get()
        return body


def _refused(refusal: HTTPError) -> ChannelError:
    """429 and 5xx: not now. A 400 about the recipient: never. Any other refusal is the account's or our own fault."""
    if refusal.status_code == 429 or refusal.status_code >= 500:
        return busy("sendgrid", refusal.status_code, refusal.headers or {})
    body = refusal.body.decode("utf-8", "replace") if isinstance(refusal.body, bytes) else str(refusal.body)
    permanent = refusal.status_code == 400 and any(word in body.lower() for word in BAD_ADDRESS)
    meaning = OURS_TO_MEND.get(refusal.status_code, "")
    return ChannelError(f"sendgrid: HTTP {refusal.status_code} {meaning}".strip(), permanent=permanent)
