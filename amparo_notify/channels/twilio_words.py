"""Twilio's words and codes, each in one table, with an explicit unknown for what is in none."""

from amparo_notify.core.notice import Status

MESSAGE_STATUS = {
    "accepted": Status.ACCEPTED,
    "scheduled": Status.ACCEPTED,
    "queued": Status.ACCEPTED,
    "sending": Status.ACCEPTED,
    "sent": Status.SENT,
    "partially_delivered": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.DELIVERED,  # a read mark is a handset's word, not a person's
    "undelivered": Status.UNDELIVERED,
    "failed": Status.UNDELIVERED,
    "canceled": Status.UNDELIVERED,
}
"""https://www.twilio.com/docs/messaging/api/message-resource#message-status-values"""

CALL_STATUS = {
    "queued": Status.ACCEPTED,
    "initiated": Status.ACCEPTED,
    "ringing": Status.SENT,
    "in-progress": Status.DELIVERED,
    "completed": Status.DELIVERED,  # somebody or something answered; only a key shows a person
    "busy": Status.UNDELIVERED,
    "no-answer": Status.UNDELIVERED,
    "failed": Status.UNDELIVERED,
    "canceled": Status.UNDELIVERED,
}
"""https://www.twilio.com/docs/voice/api/call-resource#call-status-values"""

CALL_OVER = {"completed", "busy", "no-answer", "failed", "canceled"}
"""The words after which a phone is free again."""

MACHINES = {"machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "fax"}
"""Values of AnsweredBy that are no person (https://www.twilio.com/docs/voice/answering-machine-detection)."""

DEAD_ADDRESS = {
    "13224": "Dial: number is invalid or not supported",
    "21211": "invalid 'To' phone number",
    "21214": "'To' phone number cannot be reached",
    "21217": "phone number does not appear to be valid",
    "21265": "'To' number cannot be a short code",
    "21266": "'To' and 'From' number cannot be the same",
    "21401": "invalid phone number",
    "21421": "phone number is invalid",
    "21610": "recipient has unsubscribed (STOP, ALTO, BAJA)",
    "21614": "'To' number is not a valid mobile number",
    "21635": "'To' number cannot be a landline",
    "30005": "unknown destination handset",
    "30006": "landline or unreachable carrier",
}
"""Codes that say: this address will never take it. https://www.twilio.com/docs/api/errors/<code>.

Everything else that Twilio refuses is the account's, the sender's or the moment's fault: it must never mark an
officer's phone as dead.
"""

OURS_TO_MEND = {
    "20003": "authentication: the account's SID or token is wrong",
    "20005": "the account is not active",
    "20006": "access denied",
    "21210": "the calling number is not verified",
    "21212": "invalid 'From' number",
    "21215": "calls to Mexico are not permitted: enable them in Geo Permissions",
    "21216": "the account may not call this number",
    "21219": "a trial account calls verified numbers only",
    "21408": "texts to Mexico are not permitted: enable them in Geo Permissions",
    "21603": "no sender",
    "21606": "the sender cannot text, or is not the account's",
    "21607": "the sender is not the account's",
    "21608": "a trial account texts verified numbers only",
    "21609": "invalid callback address: check PUBLIC_URL",
    "21612": "no route from this sender to this number",
    "21617": "the text is too long",
    "21703": "the messaging service has no number",
    "21705": "invalid messaging service",
    "30002": "the account is suspended",
    "30007": "filtered by the carrier: check the sender's registration and links",
    "30034": "the sender is not registered with the carriers",
    "30450": "stopped by Twilio's protection against pumping: allow Mexico",
}
"""Codes that an administrator must act on, in words for the log and the alarm. https://www.twilio.com/docs/api/errors"""

NUMBER_IS_NONE = {"404", "410", "484", "604"}
"""SIP answers that say: no such number (RFC 3261, 21.4.5, 21.4.9, 21.4.22, 21.6.3). A failed call with any other, such
as 503, failed in the network, and its number may be tried again."""

OPTED_OUT = "21610"
"""An officer on duty has blocked us: an incident for the shift's chief."""


def call_status(word: str, answered_by: str) -> Status:
    """Our status for a call: an answering machine that picked up is a call that reached nobody."""
    if answered_by in MACHINES:
        return Status.UNDELIVERED
    return CALL_STATUS.get(word, Status.UNKNOWN)
