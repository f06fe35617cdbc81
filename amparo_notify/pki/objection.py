"""What can be held against a signature: a conclusion, a reason in the standard's words, and a sentence."""

from amparo_notify.core.verdict import Conclusion, Reason


class Objection(Exception):
    """One thing held against a document. `explanation` is Spanish, for the clerk; `detail` is for the report.

    FAILED is for what no further information can mend. INDETERMINATE is for what an anchor, fresh revocation data,
    a time-stamp or a registration could still turn into PASSED.
    """

    def __init__(self, conclusion: Conclusion, reason: Reason, explanation: str, detail: str = "") -> None:
        super().__init__(f"{conclusion}/{reason}: {detail or explanation}")
        self.weight = _weight(conclusion, reason)
        self.conclusion = conclusion
        self.reason = reason
        self.explanation = explanation
        self.detail = detail


_DOUBTS = (
    Reason.NO_CERTIFICATE_CHAIN_FOUND,
    Reason.REVOKED_NO_POE,
    Reason.SIG_CONSTRAINTS_FAILURE,
    Reason.OUT_OF_BOUNDS_NO_POE,
    Reason.TRY_LATER,
)
"""From the gravest doubt to the lightest. What may go out after a wait must be the only doubt that there is: a forger
would else hide an authority of his own behind a certificate that has ended."""


def _weight(conclusion: Conclusion, reason: Reason) -> tuple[bool, int]:
    if conclusion is Conclusion.FAILED:
        return False, 0
    return True, _DOUBTS.index(reason) if reason in _DOUBTS else 0


def failed(reason: Reason, explanation: str, detail: str = "") -> Objection:
    return Objection(Conclusion.FAILED, reason, explanation, detail)


def doubtful(reason: Reason, explanation: str, detail: str = "") -> Objection:
    return Objection(Conclusion.INDETERMINATE, reason, explanation, detail)


def malformed(detail: str, explanation: str = "") -> Objection:
    """A file that breaks the rules of its own format."""
    sentence = explanation or (
        "El archivo está dañado o no cumple con su formato; vuelva a descargarlo del sistema del juzgado, "
        "sin abrirlo ni imprimirlo, y súbalo de nuevo."
    )
    return failed(Reason.FORMAT_FAILURE, sentence, detail)
