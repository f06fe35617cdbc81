"""Errors that a person can mend. Each names the field, says what is wrong in Spanish, and how to put it right.

Refusal                 anything a caller is told; carries an HTTP-like kind
├── Invalid             400/422: these fields, these remedies
├── Conflict            409: it exists already with other content
├── Missing             404: not there, or not yours to see
├── Denied              401/403: who you are does not allow it
└── Unfit               503: the service cannot do this safely now (a bad trust anchor, no keys)
ChannelError            a provider did not take a message
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing wrong with what was sent: where, what, and the remedy. Sentences are Spanish."""

    field: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.field}: {self.problem} {self.remedy}".strip()


class Refusal(Exception):
    """Something a person asked for is not done, and nothing has changed."""

    status = 400

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class Invalid(Refusal):
    status = 422


class Conflict(Refusal):
    status = 409


class Missing(Refusal):
    status = 404


class Denied(Refusal):
    status = 403


class Unfit(Refusal):
    status = 503


class ChannelError(Exception):
    """A provider did not take a message.

    `permanent`: this address will never take it. `unknown`: it may have been taken; reconcile before sending again.
    `retry_after`: seconds the provider asked for, if any.
    """

    def __init__(
        self, reason: str, *, permanent: bool = False, unknown: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.unknown = unknown
        self.retry_after = retry_after
