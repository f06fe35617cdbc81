"""Notices: why one is written, by which channel it goes, and how far an attempt at it has come."""

from enum import StrEnum


class Medium(StrEnum):
    """A way to reach a person."""

    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"


class Purpose(StrEnum):
    """A chase ends when somebody acknowledges; what informs always goes out."""

    CHASE = "chase"
    INFORM = "inform"


class Cause(StrEnum):
    """Why a notice is written; it chooses the template."""

    ORDER = "order"  # a verified order waits for an acknowledgement
    DISPLAY = "display"  # acknowledged by reply or keypad, and nobody has yet read whom to stop
    OUTCOME = "outcome"  # acknowledged, and the outcome is overdue
    HOLD = "hold"  # to the court: an order is held for a second person
    SHIFT = "shift"  # to the incoming shift: this order is still open
    ACKNOWLEDGED = "acknowledged"
    REPORTED = "reported"
    CHANGED = "changed"  # flight or departure corrected
    EXTENDED = "extended"  # a further document
    WITHDRAWN = "withdrawn"
    ALARM = "alarm"  # to the court: something needs a human
    TRACKING = "tracking"  # to a lawyer: the tracking code


class Status(StrEnum):
    """How far one attempt has come. Ours; every provider's words pass through a table into these."""

    ATTEMPTED = "attempted"  # written before the call to the provider
    ACCEPTED = "accepted"  # the provider has it
    SENT = "sent"  # on its way in the network, or ringing
    DELIVERED = "delivered"  # on the handset, in the mailbox, or a call answered by somebody or something
    HEARD = "heard"  # a key was pressed: a person held the phone
    REFUSED = "refused"  # the provider would not take it
    UNDELIVERED = "undelivered"  # terminal: it did not arrive
    UNKNOWN = "unknown"  # no answer, or a word that is in no table
