"""The bytes of a document, kept before the transaction that makes it part of an order."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from amparo_notify.cases.services import Services
from amparo_notify.store import blobs


@dataclass(frozen=True)
class Papers:
    """Where they were stored, and the hashes of what was uploaded. No order knows them yet: else they are swept."""

    blob: str
    upload_blob: str
    signature_blob: str | None
    upload_sha256: str
    signature_sha256: str  # empty where the signature is not a file of its own

    @classmethod
    def store(
        cls, services: Services, upload: bytes, signature: bytes | None, document: bytes, now: datetime
    ) -> "Papers":
        """Keep what was uploaded, and `document`, what was signed inside it, where that is another."""
        put = services.database, services.vault
        whole = blobs.store(*put, upload, now)
        return cls(
            blob=whole if document == upload else blobs.store(*put, document, now),
            upload_blob=whole,
            signature_blob=blobs.store(*put, signature, now) if signature else None,
            upload_sha256=hashlib.sha256(upload).hexdigest(),
            signature_sha256=hashlib.sha256(signature).hexdigest() if signature else "",
        )
