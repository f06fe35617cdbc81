"""What the application asks of the outside; adapters on the floor above satisfy it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from amparo_notify.core.notice import Medium, Status
from amparo_notify.core.verdict import Examination


@dataclass(frozen=True)
class Message:
    """One message, rendered and ready for a provider. Carries no personal data."""

    medium: Medium
    to: str  # E.164 or a mail address
    reference: str  # ours, unique for each attempt; comes back in every callback
    text: str  # SMS text, mail text, or TwiML for a call
    subject: str = ""
    html: str = ""
    valid_for: int = 600  # seconds until the next step makes this message stale


@dataclass(frozen=True)
class Sent:
    """A provider has taken a message."""

    provider: str
    provider_id: str | None
    status: Status = Status.ACCEPTED


class Provider(Protocol):
    """One road to a person. `send` raises ChannelError and nothing else."""

    name: str

    def send(self, message: Message) -> Sent: ...

    def find(self, message: Message, since: datetime) -> Sent | None:
        """Whether the provider already holds a message with this reference, sent since (UTC). For reconciling."""

    def status(self, provider_id: str, medium: Medium) -> Status | None:
        """What the provider says now of a message it took, or None where it cannot be asked."""


@dataclass(frozen=True)
class ReceivedText:
    """A text that a phone sent us, as a provider still has it."""

    provider: str
    provider_id: str
    sender: str
    body: str = field(repr=False)  # may hold a PIN
    sent_at: datetime  # by the provider's clock, UTC
    raw: Mapping[str, str] = field(default_factory=dict, repr=False)  # the rest, as its callback names it


@runtime_checkable
class Inbox(Provider, Protocol):
    """A road on which people answer, and whose provider remembers what they wrote."""

    def received(self, since: datetime) -> Sequence[ReceivedText]:
        """Every text that reached our numbers since (UTC), oldest first. Raises ChannelError."""


@dataclass(frozen=True)
class ProviderEvent:
    """One signed callback, checked and put into our words."""

    provider: str
    key: str  # the same for a duplicate
    reference: str  # our attempt, or empty for an inbound message
    provider_id: str | None
    status: Status
    detail: str = ""  # the provider's own word or error code
    raw: Mapping[str, str] = field(default_factory=dict)  # redacted of PINs; personal, so kept encrypted


@dataclass(frozen=True)
class FetchedList:
    """A revocation list as its source gave it, checked; or why it could not be had."""

    source: str
    body: bytes = b""
    next_update: datetime | None = None
    error: str = ""


class Lists(Protocol):
    """The operator's sources of revocation lists: files, directories and addresses. Never one from an upload."""

    def fetch(self) -> Iterable[FetchedList]:
        """Read every source now. A source that fails yields its error; nothing is raised."""


class Verifier(Protocol):
    """Judges a signed document. Never raises for what a document contains."""

    @property
    def fingerprint(self) -> str:
        """A hash over all that it trusts: hosts that judge alike have the same. Empty where it judges nothing."""

    def examine(self, document: bytes, signature: bytes | None, moment: datetime) -> Examination: ...


class Sealer(Protocol):
    """Signs records and receipts: canonical JSON (RFC 8785) inside a compact JWS (ES256)."""

    def seal(self, payload: Mapping[str, object]) -> tuple[bytes, str]:
        """Return the canonical bytes and the JWS over them."""

    def open(self, jws: str) -> dict[str, object]:
        """Return the payload of a JWS that one of our record keys signed; raises ValueError otherwise."""

    def public_keys(self) -> dict[str, object]:
        """A JWK set (RFC 7517) of every record key, old ones too: anybody may check with it."""
