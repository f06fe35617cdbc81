"""A certificate authority with the traits of FIREL and e.firma, for the demonstration and the tests.

Everybody in it is invented. Nothing here is trusted by default: an operator loads real anchors from files.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import algos, core, crl, keys, pem, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from amparo_notify.pki import names  # mends asn1crypto before any name is built
from amparo_notify.pki.der import tlv

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
UTF8, PRINTABLE, TELETEX, BITS = 0x0C, 0x13, 0x14, 0x03
YEAR = timedelta(days=365)

EFIRMA_USAGE = frozenset({"digital_signature", "non_repudiation", "data_encipherment", "key_agreement"})
EFIRMA_EXTENDED = ("email_protection", "client_auth")
_OIDS = {
    "CN": "2.5.4.3",
    "name": "2.5.4.41",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
}
_OIDS |= {"ST": "2.5.4.8", "serialNumber": "2.5.4.5", "uid": "2.5.4.45", "email": "1.2.840.113549.1.9.1"}


@dataclass(frozen=True)
class Identity:
    """A certificate with its key, and the certificates of its issuers, nearest first (DER)."""

    certificate: bytes
    key: PrivateKey = field(repr=False)
    chain: tuple[bytes, ...] = ()

    @property
    def x509(self) -> x509.Certificate:
        return x509.Certificate.load(self.certificate)

    @property
    def sha256(self) -> str:
        return str(self.x509.sha256.hex())


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def distinguished_name(*parts: tuple[str, str] | tuple[str, str, int]) -> x509.Name:
    """Build a name from (attribute, text[, string tag]); whatever is not UTF-8 is Latin-1, as in Mexico."""
    relative = b""
    for kind, text, *given in parts:
        tag = given[0] if given else UTF8
        raw = text.encode("utf-8" if tag == UTF8 else "latin-1")
        value = tlv(tag, b"\0" + raw if tag == BITS else raw)
        oid = core.ObjectIdentifier(_OIDS[kind]).dump()
        relative += tlv(0x31, tlv(0x30, oid + value))
    return x509.Name.load(tlv(0x30, relative))


def signature_algorithm(
    key: PrivateKey, digest: str = "sha256", pss: bool = False
) -> algos.SignedDigestAlgorithm:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return algos.SignedDigestAlgorithm({"algorithm": "ed25519"})
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"})
    if not pss:
        return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_rsa"})
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": digest},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": digest}},
            "salt_length": hashlib_size(digest),
        }
    )
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def hashlib_size(digest: str) -> int:
    return _hash(digest).digest_size


def _hash(digest: str) -> hashes.HashAlgorithm:
    known: Mapping[str, hashes.HashAlgorithm] = {
        "md5": hashes.MD5(),  # noqa: S303 - made to be refused
        "sha1": hashes.SHA1(),  # noqa: S303 - made to be refused
        "sha224": hashes.SHA224(),
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }
    return known[digest]


def raw_signature(key: PrivateKey, data: bytes, digest: str = "sha256", pss: bool = False) -> bytes:
    """Sign with what the key is: RSA PKCS#1 v1.5 or PSS, ECDSA, Ed25519."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    algorithm = _hash(digest)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(algorithm))
    if pss:
        return key.sign(data, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)
    return key.sign(data, padding.PKCS1v15(), algorithm)


def public_info(key: PrivateKey) -> keys.PublicKeyInfo:
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return keys.PublicKeyInfo.load(der)


@dataclass(frozen=True)
class Profile:
    """What a certificate says besides its names. The default is e.firma's: no AKI, SKI, AIA or CRLDP."""

    usage: frozenset[str] | None = EFIRMA_USAGE
    extended: tuple[str, ...] | None = EFIRMA_EXTENDED
    extended_critical: bool = False
    ca: bool | None = False  # None: no basicConstraints at all
    path_length: int | None = None
    digest: str = "sha256"
    pss: bool = False
    extra: tuple[x509.Extension, ...] = ()

    def extensions(self) -> list[x509.Extension]:
        found = list(self.extra)
        if self.ca is not None:
            limits: dict[str, object] = {"ca": self.ca}
            if self.path_length is not None:
                limits["path_len_constraint"] = self.path_length
            found.append(extension("basic_constraints", x509.BasicConstraints(limits), critical=True))
        if self.usage is not None:
            found.append(extension("key_usage", x509.KeyUsage(set(self.usage)), critical=True))
        if self.extended is not None:
            usages = x509.ExtKeyUsageSyntax(list(self.extended))
            found.append(extension("extended_key_usage", usages, critical=self.extended_critical))
        return found


AUTHORITY = Profile(usage=frozenset({"key_cert_sign", "crl_sign"}), extended=None, ca=True)
TIME_STAMPING = Profile(
    usage=frozenset({"digital_signature"}), extended=("time_stamping",), extended_critical=True
)


def extension(name: str, value: core.Asn1Value, critical: bool = False) -> x509.Extension:
    return x509.Extension(
        {"extn_id": name, "critical": critical, "extn_value": core.ParsableOctetString(value.dump())}
    )


def certificate(
    subject: x509.Name,
    key: PrivateKey,
    issuer: x509.Name,
    issuer_key: PrivateKey,
    *,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    profile: Profile,
) -> bytes:
    """Build any certificate, sound or not (DER)."""
    algorithm = signature_algorithm(issuer_key, profile.digest, profile.pss)
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial,
            "signature": algorithm,
            "issuer": issuer,
            "validity": {"not_before": _x509_time(not_before), "not_after": _x509_time(not_after)},
            "subject": subject,
            "subject_public_key_info": public_info(key),
            "extensions": profile.extensions(),
        }
    )
    signature = raw_signature(issuer_key, body.dump(), profile.digest, profile.pss)
    signed = {"tbs_certificate": body, "signature_algorithm": algorithm, "signature_value": signature}
    return bytes(x509.Certificate(signed).dump())


def _x509_time(moment: datetime) -> x509.Time:
    name = "utc_time" if moment.year < 2050 else "general_time"
    return x509.Time({name: moment.replace(microsecond=0)})


def _serial_digits() -> int:
    digits = "00001000000" + f"{secrets.randbelow(10**9):09d}"
    return int.from_bytes(digits.encode(), "big")


ROOT_NAME = distinguished_name(
    ("C", "MX"),
    ("L", "Álvaro Obregón"),
    ("O", "Poder Judicial de la Federación (FICTICIO)"),
    ("CN", "Autoridad Certificadora Raíz Ficticia"),
)
_ROOT_NAME_AS_ISSUER = distinguished_name(
    ("C", "MX", PRINTABLE),
    ("L", "Álvaro Obregón", PRINTABLE),
    ("O", "Poder Judicial de la Federación (FICTICIO)", PRINTABLE),
    ("CN", "Autoridad Certificadora Raíz Ficticia", PRINTABLE),
)
INTERMEDIATE_NAME = distinguished_name(
    ("C", "MX"),
    ("O", "Consejo de la Judicatura Federal (FICTICIO)", PRINTABLE),
    ("CN", "Autoridad Certificadora Intermedia Ficticia de Núñez", PRINTABLE),
    ("uid", "CJF950204TL0", BITS),
)


@dataclass(frozen=True)
class Authority:
    """A root and an intermediate with FIREL's traits, which issues certificates, CRLs and time-stamps.

    The intermediate's issuer differs from the root's subject in bytes but not in meaning, and holds Latin-1
    in PrintableString: real FIREL certificates do.
    """

    root: Identity
    intermediate: Identity

    @classmethod
    def create(
        cls,
        now: datetime,
        *,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        root_name: x509.Name = ROOT_NAME,
        intermediate_name: x509.Name = INTERMEDIATE_NAME,
    ) -> "Authority":
        """Make a fresh authority, valid from a year before `now` (UTC) for twelve years unless told."""
        span = {"not_before": not_before or now - YEAR, "not_after": not_after or now + 11 * YEAR}
        as_issuer = _ROOT_NAME_AS_ISSUER if root_name is ROOT_NAME else root_name
        key, inner = rsa_key(), rsa_key()
        root = certificate(root_name, key, root_name, key, serial=0x706A66, profile=AUTHORITY, **span)
        middle_profile = replace(AUTHORITY, path_length=0)
        serial = secrets.randbits(56) | 1
        middle = certificate(
            intermediate_name, inner, as_issuer, key, serial=serial, profile=middle_profile, **span
        )
        return cls(Identity(root, key), Identity(middle, inner, (root,)))

    def issue(
        self,
        name: str,
        curp: str | None = None,
        rfc: str | None = None,
        *,
        now: datetime,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        profile: Profile = Profile(),
        unit: str | None = None,
        key: PrivateKey | None = None,
        tag: int = UTF8,
        serial: int | None = None,
    ) -> Identity:
        """Issue a certificate to a person, valid four years from a day before `now` unless told."""
        parts: list[tuple[str, str, int]] = [("CN", name, tag), ("name", name, tag), ("C", "MX", PRINTABLE)]
        if rfc:
            parts.append(("uid", rfc, tag))
        if curp:
            parts.append(("serialNumber", curp, PRINTABLE))
        if unit:
            parts.append(("OU", unit, tag))
        key = key or rsa_key()
        issued = certificate(
            distinguished_name(*parts),
            key,
            self.intermediate.x509.subject,
            self.intermediate.key,
            serial=serial or _serial_digits(),
            not_before=not_before or now - timedelta(days=1),
            not_after=not_after or now + 4 * YEAR,
            profile=profile,
        )
        return Identity(issued, key, (self.intermediate.certificate, *self.intermediate.chain))

    def time_stamper(self, now: datetime, **traits: object) -> Identity:
        """Issue a certificate for time-stamping, valid a year back from `now` and four on."""
        known = {"profile": TIME_STAMPING, "not_before": now - YEAR, **traits}
        return self.issue("Autoridad de Sellado de Tiempo Ficticia", now=now, **known)  # type: ignore[arg-type]

    def crl(
        self,
        now: datetime,
        revoked: Sequence[Identity | tuple[int, datetime]] = (),
        *,
        by_root: bool = False,
        lasts: timedelta = timedelta(days=1),
    ) -> bytes:
        """Return a CRL (DER) of the intermediate, or of the root, issued `now` (UTC) and good for `lasts`."""
        issuer = self.root if by_root else self.intermediate
        entries = [(item.x509.serial_number, now) if isinstance(item, Identity) else item for item in revoked]
        return revocation_list(issuer, now, now + lasts, entries)

    def crls(self, now: datetime, revoked: Sequence[Identity | tuple[int, datetime]] = ()) -> list[bytes]:
        """Return all CRLs that a chain of this authority needs: the intermediate's and the root's."""
        return [self.crl(now, revoked), self.crl(now, by_root=True)]

    def write_trust(self, directory: Path) -> Path:
        """Write root.pem and intermediate.pem, as an operator would load them; return the directory."""
        directory.mkdir(parents=True, exist_ok=True)
        for name, identity in (("root", self.root), ("intermediate", self.intermediate)):
            (directory / f"{name}.pem").write_bytes(pem.armor("CERTIFICATE", identity.certificate))
        return directory


def revocation_list(
    issuer: Identity,
    this_update: datetime,
    next_update: datetime | None,
    entries: Sequence[tuple[int, datetime]],
    *,
    extensions: Sequence[crl.TBSCertListExtension] = (),
    digest: str = "sha256",
) -> bytes:
    """Build a CRL (DER) signed by `issuer`."""
    algorithm = signature_algorithm(issuer.key, digest)
    body: dict[str, object] = {
        "version": "v2",
        "signature": algorithm,
        "issuer": issuer.x509.subject,
        "this_update": _x509_time(this_update),
    }
    if next_update:
        body["next_update"] = _x509_time(next_update)
    if entries:
        body["revoked_certificates"] = crl.RevokedCertificates.load(tlv(0x30, _entries(entries)))
    if extensions:
        body["crl_extensions"] = list(extensions)
    listed = crl.TbsCertList(body)
    signature = raw_signature(issuer.key, listed.dump(), digest)
    whole = {"tbs_cert_list": listed, "signature_algorithm": algorithm, "signature": signature}
    return bytes(crl.CertificateList(whole).dump())


def _entries(entries: Sequence[tuple[int, datetime]]) -> bytes:
    """Write the entries as bytes: a library takes minutes for the 150,000 of a real list."""
    times = {moment: _x509_time(moment).dump() for _, moment in entries}
    return b"".join(tlv(0x30, core.Integer(serial).dump() + times[moment]) for serial, moment in entries)


def holder_of(identity: Identity) -> names.Holder:
    """Return whom an identity's certificate names, as the judge of signatures will read it."""
    return names.holder(identity.x509)
