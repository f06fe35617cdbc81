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

Everything else that Twilio refuses is the account's, the sender's or the moment's fault (20003 authentication,
21408 region not enabled, 21606 sender, 20429 too many requests…): it must never mark an officer's phone as dead.
"""

OPTED_OUT = "21610"
"""An officer on duty has blocked us: an incident for the shift's chief."""


def call_status(word: str, answered_by: str) -> Status:
    """Our status for a call: an answering machine that picked up is a call that reached nobody."""
    if answered_by in MACHINES:
        return Status.UNDELIVERED
    return CALL_STATUS.get(word, Status.UNKNOWN)
