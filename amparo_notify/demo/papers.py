"""The demonstration's signers, kept in a file, and the documents that they sign: good ones, and bad ones."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization

from amparo_notify.demo import data
from amparo_notify.demo.authority import Identity
from amparo_notify.demo.order_pdf import DemoOrder, order_pdf
from amparo_notify.demo.signing import Stamp, Style, sign_cms, sign_pdf

SIGNERS = "signers.json"
_ORDER = DemoOrder(court=data.THE_COURT.name, judge=data.JUDGE)


@dataclass(frozen=True)
class Signers:
    """The court's judge, a substitute whom nobody has registered, and a time-stamping authority."""

    judge: Identity
    substitute: Identity
    stamper: Identity


def save(folder: Path, signers: Signers) -> None:
    """Keep the signers with their keys: they are worth nothing outside this demonstration."""
    kept = {name: _kept(identity) for name, identity in vars(signers).items()}
    path = folder / SIGNERS
    path.touch(mode=0o600)
    path.write_text(json.dumps(kept))


def load(folder: Path) -> Signers:
    """Return the signers that were kept."""
    kept = json.loads((folder / SIGNERS).read_text())
    return Signers(**{name: _identity(body) for name, body in kept.items()})


def _kept(identity: Identity) -> dict[str, object]:
    pem = identity.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = [base64.b64encode(one).decode() for one in identity.chain]
    return {
        "certificate": base64.b64encode(identity.certificate).decode(),
        "key": pem.decode(),
        "chain": chain,
    }


def _identity(body: dict[str, Any]) -> Identity:
    key = serialization.load_pem_private_key(body["key"].encode(), None)
    chain = tuple(base64.b64decode(one) for one in body["chain"])
    return Identity(base64.b64decode(body["certificate"]), key, chain)  # type: ignore[arg-type]


def signed_order(signers: Signers, expediente: str, persons: tuple[str, ...], now: datetime) -> bytes:
    """Return an order as the court's system would sign it `now` (UTC): inside the PDF, with a time-stamp."""
    pdf = order_pdf(replace(_ORDER, expediente=expediente, persons=persons))
    return sign_pdf(pdf, signers.judge, _style(signers, now))


def write_samples(folder: Path, signers: Signers, now: datetime) -> None:
    """Write documents for a visitor to upload: some are genuine, the others must be refused or held."""
    folder.mkdir(exist_ok=True)
    style = _style(signers, now)
    plain = order_pdf(replace(_ORDER, expediente="2001/2026"))
    good = sign_pdf(plain, signers.judge, style)
    enveloped = order_pdf(replace(_ORDER, expediente="2002/2026"))
    beside = order_pdf(replace(_ORDER, expediente="2003/2026"))
    unknown = order_pdf(replace(_ORDER, expediente="2004/2026", judge=data.SUBSTITUTE))
    middle = good.index(b"stream") + 20
    files = {
        "2001-genuina.pdf": good,
        "2002-genuina.p7m": sign_cms(enveloped, signers.judge, style=style),
        "2003-genuina.pdf": beside,
        "2003-genuina.pdf.p7s": sign_cms(beside, signers.judge, detached=True, style=style),
        "2004-firmante-no-registrado.pdf": sign_pdf(unknown, signers.substitute, style),
        "2005-sin-firma.pdf": order_pdf(replace(_ORDER, expediente="2005/2026")),
        "2001-alterada.pdf": good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :],
        "levantamiento.pdf": sign_pdf(_lifting(), signers.judge, style),
    }
    for name, body in files.items():
        (folder / name).write_bytes(body)


def _lifting() -> bytes:
    """The court's own document that lifts an order: withdrawing takes one, or two people for a slip of the pen."""
    return order_pdf(
        replace(_ORDER, expediente="2001/2026", dated="Se deja sin efecto la suspensión concedida.")
    )


def _style(signers: Signers, now: datetime) -> Style:
    return Style(signing_time=now, stamp=Stamp(signers.stamper, now))
