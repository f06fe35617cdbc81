"""Revocation: everything at hand, by issuer, asked at once. Signatures are checked once for each issuer's key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto import x509

from amparo_notify.pki import names
from amparo_notify.pki.lists import RevocationList
from amparo_notify.pki.ocsp import Answer
from amparo_notify.pki.standing import NOBODY_ANSWERED, Standing, State


@dataclass
class Index:
    """Lists by issuer and answers by serial number. `below`: what is known besides, asked as well."""

    lists: dict[tuple[object, ...], list[RevocationList]] = field(default_factory=dict)
    answers: dict[int, list[Answer]] = field(default_factory=dict)
    below: "Index | None" = None
    _checked: dict[tuple[int, bytes], bool] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        lists: Iterable[RevocationList],
        answers: Iterable[Answer] = (),
        authorities: Sequence[x509.Certificate] = (),
        below: "Index | None" = None,
    ) -> "Index":
        """Index what is given, and check the lists now against the authorities that are known already."""
        index = cls(below=below)
        for found in lists:
            index.lists.setdefault(found.issuer, []).append(found)
        for answer in answers:
            index.answers.setdefault(answer.serial, []).append(answer)
        for authority in authorities:
            for found in index.lists.get(names.normalised(authority.subject), ()):
                index._signed(found, authority)
        return index

    def _signed(self, found: RevocationList | Answer, issuer: x509.Certificate) -> bool:
        mark = (id(found), issuer.public_key.sha256)
        if mark not in self._checked:
            self._checked[mark] = found.signed_by(issuer)
        return self._checked[mark]

    def standing(self, certificate: x509.Certificate, issuer: x509.Certificate, moment: datetime) -> Standing:
        """Return what is known of a certificate at `moment` (UTC). Whoever says revoked is believed first."""
        best = self.below.standing(certificate, issuer, moment) if self.below else NOBODY_ANSWERED
        speaking: list[RevocationList | Answer] = [
            *self.lists.get(names.normalised(issuer.subject), ()),
            *self.answers.get(certificate.serial_number, ()),
        ]
        for found in speaking:
            if best.state is not State.REVOKED and self._signed(found, issuer):
                best = max(best, found.standing(certificate, issuer, moment), key=lambda one: one.weight)
        return best
