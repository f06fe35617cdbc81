"""Genuine documents made by other programs than ours: openssl, and pyHanko's own signer at every PAdES level."""

import io
import subprocess
import tempfile
from pathlib import Path

from asn1crypto import crl, keys, pem, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from amparo_notify.demo.authority import Identity
from tests.authority import NOW, authority, judge, order, time_stamper
from tests.pki.cases import PASSED, case, trusting
from tests.pki.people import keyed, secretary, teletex


def _key(identity: Identity) -> bytes:
    return identity.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _openssl(identity: Identity, *options: str, form: str = "DER") -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "order.pdf").write_bytes(order())
        (here / "key.pem").write_bytes(_key(identity))
        (here / "certificate.pem").write_bytes(pem.armor("CERTIFICATE", identity.certificate))
        (here / "chain.pem").write_bytes(b"".join(pem.armor("CERTIFICATE", der) for der in identity.chain))
        command = ["openssl", "cms", "-sign", "-binary", "-in", "order.pdf", "-signer", "certificate.pem"]
        command += [
            "-inkey",
            "key.pem",
            "-certfile",
            "chain.pem",
            "-outform",
            form,
            "-md",
            "sha256",
            *options,
        ]
        return subprocess.run(command, cwd=here, capture_output=True, check=True).stdout


@case(PASSED, tools="openssl")
def openssl_around():
    return _openssl(judge(), "-nodetach")


@case(PASSED)
def openssl_around_in_pem():
    return _openssl(judge(), "-nodetach", form="PEM")


@case(PASSED, tools="openssl")
def openssl_streaming_with_indefinite_lengths():
    return _openssl(judge(), "-nodetach", "-stream")


@case(PASSED, tools="openssl")
def openssl_beside():
    return order(), _openssl(judge())


@case(PASSED, tools="openssl")
def openssl_with_key_identifiers_and_no_smime_capabilities():
    return _openssl(judge(), "-nodetach", "-nosmimecap")


@case(PASSED, tools="openssl")
def openssl_pss():
    return _openssl(judge(), "-nodetach", "-keyopt", "rsa_padding_mode:pss")


@case(PASSED, tools="openssl")
def openssl_elliptic():
    return _openssl(keyed("p256"), "-nodetach")


@case(PASSED, tools="openssl")
def openssl_cades():
    return _openssl(judge(), "-nodetach", "-cades")


def _signer(identity: Identity) -> signers.SimpleSigner:
    store = SimpleCertificateStore()
    store.register_multiple(x509.Certificate.load(der) for der in identity.chain)
    der = identity.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signers.SimpleSigner(identity.x509, keys.PrivateKeyInfo.load(der), store)


def _stamper() -> DummyTimeStamper:
    identity = time_stamper()
    signer = _signer(identity)
    return DummyTimeStamper(identity.x509, signer.signing_key, signer.cert_registry, fixed_dt=NOW)


def _context() -> ValidationContext:
    known = authority()
    return ValidationContext(
        trust_roots=[known.root.x509],
        other_certs=[known.intermediate.x509],
        crls=[crl.CertificateList.load(der) for der in known.crls(NOW)],
        moment=NOW,
        allow_fetching=False,
        revocation_mode="require",
        retroactive_revinfo=True,
    )


def _signed(
    pdf: bytes, identity: Identity, stamped: bool = False, box=None, style=None, **metadata: object
) -> bytes:
    meta = signers.PdfSignatureMetadata(**{"field_name": "Firma1", "md_algorithm": "sha256", **metadata})
    spec = SigFieldSpec(meta.field_name, box=box) if box else None
    signer = signers.PdfSigner(
        meta,
        _signer(identity),
        timestamper=_stamper() if stamped else None,
        new_field_spec=spec,
        stamp_style=style,
    )
    output = io.BytesIO()
    signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=output)
    return output.getvalue()


PADES = SigSeedSubFilter.PADES


@case(PASSED, tools="pdfsig")
def library_adobe():
    return _signed(order(), judge())


@case(PASSED, tools="pdfsig")
def library_adobe_stamped():
    return _signed(order(), judge(), stamped=True)


@case(PASSED, tools="pdfsig")
def library_baseline():
    return _signed(order(), judge(), subfilter=PADES)


@case(PASSED, tools="pdfsig")
def library_baseline_stamped():
    return _signed(order(), judge(), stamped=True, subfilter=PADES)


@case(PASSED, trust=lambda: trusting([]))
def library_long_term():
    return _long_term()


def _long_term(**metadata: object) -> bytes:
    chosen = {"subfilter": PADES, "embed_validation_info": True, "validation_context": _context(), **metadata}
    return _signed(order(), judge(), stamped=True, **chosen)


@case(PASSED, trust=lambda: trusting([]))
def library_archival():
    return _long_term(use_pades_lta=True)


@case(PASSED, trust=lambda: trusting([]))
def library_adobe_with_revocation_data():
    return _signed(order(), judge(), stamped=True, embed_validation_info=True, validation_context=_context())


@case(PASSED, tools="pdfsig")
def library_certified():
    return _signed(order(), judge(), subfilter=PADES, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)


@case(PASSED, tools="pdfsig")
def library_visible():
    style = TextStampStyle(stamp_text="Firmado por: %(signer)s")
    return _signed(
        order(), judge(), box=(72, 72, 300, 130), style=style, subfilter=PADES, name="JUEZA FICTICIA"
    )


@case(PASSED, tools="pdfsig")
def library_judge_then_secretary_visible():
    style = TextStampStyle(stamp_text="Firmado por: %(signer)s")
    first = _signed(order(), judge(), box=(72, 72, 300, 130), style=style, subfilter=PADES)
    return _signed(
        first,
        secretary(),
        box=(320, 72, 540, 130),
        style=style,
        subfilter=PADES,
        field_name="Firma2",
        stamped=True,
    )


@case(PASSED, trust=lambda: trusting([]))
def library_archival_then_another_signature():
    first = _long_term(use_pades_lta=True)
    more = {
        "subfilter": PADES,
        "embed_validation_info": True,
        "validation_context": _context(),
        "use_pades_lta": True,
    }
    return _signed(first, teletex(), stamped=True, field_name="Firma2", **more)


@case(PASSED, tools="pdfsig")
def library_with_a_reason_and_a_place():
    return _signed(order(), judge(), subfilter=PADES, reason="Suspensión", location="Ciudad de México")
