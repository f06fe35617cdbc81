"""What a signature is judged against."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from asn1crypto import x509

from amparo_notify.pki.path import Pool
from amparo_notify.pki.revocation import Index


@dataclass(frozen=True)
class Context:
    """What a signature is judged against. `moment` is when the document reached us (UTC)."""

    pool: Pool
    tsa_pool: Pool
    index: Index
    moment: datetime
    revocation: str  # "required" | "when-available" | "off"

    def with_helpers(self, certificates: Sequence[x509.Certificate], index: Index) -> "Context":
        """Add what the document carries: certificates that help to build paths, never anchors; revocation data."""
        return replace(
            self,
            index=index,
            pool=Pool.of(self.pool.anchors, [*self.pool.helpers, *certificates]),
            tsa_pool=Pool.of(self.tsa_pool.anchors, [*self.tsa_pool.helpers, *certificates]),
        )
