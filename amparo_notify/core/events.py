"""Everything that can happen to an order, with the name that ETSI EN 319 522 gives it, and grades of assurance."""

from enum import StrEnum


class Grade(StrEnum):
    """How sure a record makes us that a person knew (evidence.md, grades)."""

    A0 = "A0"  # the provider says so
    A1 = "A1"  # somebody held the channel
    A2 = "A2"  # channel and personal secret
    A3 = "A3"  # the officer signed


class Event(StrEnum):
    """Our names. `etsi` maps each to electronic registered delivery's vocabulary."""

    SUBMITTED = "submission_accepted"
    REJECTED = "submission_rejected"
    HELD = "held_for_confirmation"
    CONFIRMED = "confirmed"
    RELEASED = "released_at_limit"
    ATTEMPTED = "notice_attempted"
    ACCEPTED = "provider_accepted"
    REFUSED = "provider_refused"
    DELIVERED = "delivered"
    UNDELIVERED = "undeliverable"
    OPENED = "link_opened"
    DISPLAYED = "content_displayed"
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "reply_refused"
    ESCALATED = "escalated"
    SKIPPED = "skipped"
    COPIED = "copied"
    SHIFT_CHANGED = "shift_changed"
    DISPLAY_OVERDUE = "display_overdue"
    OUTCOME_OVERDUE = "outcome_overdue"
    EXHAUSTED = "exhausted"
    ALARMED = "alarm"
    REMINDED = "reminded"
    REPORTED = "outcome_reported"
    REJUDGED = "judged_anew"
    FLIGHT_CHANGED = "flight_changed"
    STATION_ADDED = "station_added"
    EXTENDED = "document_added"
    WITHDRAWAL_ASKED = "withdrawal_asked"
    CLOSING_ASKED = "closing_asked"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    RECEIPT = "receipt_issued"
    CONFIGURED = "configuration_changed"

    @property
    def etsi(self) -> str:
        """The event's name in ETSI EN 319 522-3, or an empty string where the standard has none."""
        return _ETSI.get(self, "")


_ETSI = {
    Event.SUBMITTED: "SubmissionAcceptance",
    Event.REJECTED: "SubmissionRejection",
    Event.ATTEMPTED: "ConsignmentNotification",
    Event.ACCEPTED: "RelayToNonERDS",
    Event.REFUSED: "RelayToNonERDSFailure",
    Event.DELIVERED: "NotificationDelivered",
    Event.UNDELIVERED: "ConsignmentNotificationFailure",
    Event.OPENED: "NotificationAccessTracking",
    Event.DISPLAYED: "ContentHandover",
    Event.ACKNOWLEDGED: "ConsignmentAcceptance",
    Event.DECLINED: "ConsignmentRejection",
    Event.EXHAUSTED: "AcceptanceRejectionExpiry",
}
