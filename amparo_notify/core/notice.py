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
    VERDICT = "verdict"  # the verdict on the signature changed after the order went out
    TRACKING = "tracking"  # to a lawyer: the tracking code
    COPY = "copy"  # to COMAR's desk, where the order allows it: that there is an order, and what became of it


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

    @property
    def failed(self) -> bool:
        """Whether this attempt is known not to have arrived: the next contact or channel is owed."""
        return self in (Status.REFUSED, Status.UNDELIVERED)

    @property
    def reached(self) -> bool:
        """Whether it arrived, as far as the provider can say (grade A0). For calls see `receipt`."""
        return self in (Status.DELIVERED, Status.HEARD)

    @property
    def final(self) -> bool:
        """Whether nothing more is to be asked of the provider about this attempt."""
        return self.failed or self.reached


_RISING = (
    Status.ATTEMPTED,
    Status.UNKNOWN,
    Status.ACCEPTED,
    Status.SENT,
    Status.REFUSED,
    Status.DELIVERED,
    Status.UNDELIVERED,
    Status.HEARD,
)
"""The order in which one attempt rises, whatever the order in which words of it arrive. A failure outranks what is
on its way and even a delivery: mail bounces after it was "delivered", and a call that was "answered" turns out to
have reached a machine. In doubt the chase goes on. Only a key pressed by a person outranks that."""


def rise(old: Status, new: Status) -> Status:
    """Return the higher of two statuses: duplicates, late and reordered words never move an attempt down."""
    return max(old, new, key=_RISING.index)


def receipt(medium: Medium, status: Status) -> bool:
    """Whether the person may count as reached. A call must have been heard: a voicemail answers too."""
    return status is Status.HEARD if medium is Medium.VOICE else status.reached
