"""Identities that the corpus signs with: sound ones and every kind of unsound one. Keys are made once a run."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from asn1crypto import core, x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from amparo_notify.demo.authority import (
    AUTHORITY,
    EFIRMA_USAGE,
    PRINTABLE,
    TELETEX,
    YEAR,
    Authority,
    Identity,
    Profile,
    certificate,
    distinguished_name,
    extension,
    rsa_key,
)
from tests.authority import CURP, NOW, RFC, authority, judge
from tests.pki.craft import raw_name

DAY = timedelta(days=1)


@cache
def secretary() -> Identity:
    return authority().issue("SECRETARIO FICTICIO PEÑA", "PEXF900202HDFXXX01", "PEXF900202AB2", now=NOW)


@cache
def with_profile(name: str) -> Identity:
    """A person of the trusted authority whose certificate has one peculiarity."""
    profiles = {
        "psscert": Profile(pss=True),
        "sha512cert": Profile(digest="sha512"),
        "sha1cert": Profile(digest="sha1"),
        "md5cert": Profile(digest="md5"),
        "noeku": Profile(extended=None),
        "servereku": Profile(extended=("server_auth",)),
        "tlseku": Profile(extended=("client_auth",)),
        "codeeku": Profile(extended=("code_signing",)),
        "stampeku": Profile(extended=("time_stamping",)),
        "nonr": Profile(usage=frozenset({"digital_signature"})),
        "noku": Profile(usage=None),
        "encipher": Profile(usage=frozenset({"key_encipherment"})),
        "critical": Profile(extra=(_unknown_extension(),)),
        "isca": replace(AUTHORITY, usage=EFIRMA_USAGE | {"key_cert_sign"}),
        "crldp": Profile(extra=(_points("http://127.0.0.1:9/leaf.crl"),)),
    }
    return authority().issue("PERSONA FICTICIA", CURP, RFC, now=NOW, profile=profiles[name])


def _unknown_extension() -> x509.Extension:
    value = core.ParsableOctetString(core.Null().dump())
    return x509.Extension({"extn_id": "1.3.6.1.4.1.99999.7", "critical": True, "extn_value": value})


def _points(url: str) -> x509.Extension:
    name = x509.GeneralName("uniform_resource_identifier", url)
    point = x509.DistributionPoint({"distribution_point": x509.DistributionPointName("full_name", [name])})
    return extension("crl_distribution_points", x509.CRLDistributionPoints([point]))


@cache
def named(tag: int, name: str, rfc: str) -> Identity:
    return authority().issue(name, CURP, rfc, now=NOW, tag=tag)


def teletex() -> Identity:
    return named(TELETEX, "ÑEVES FICTICIA NÚÑEZ", "ÑEF&800101AB1")


def printable() -> Identity:
    return named(PRINTABLE, "JOSÉ FICTICIO ÁVILA", RFC)


def company() -> Identity:
    return named(0x0C, "EMPRESA FICTICIA SA DE CV", "EFI010101AAA / NUFX800101AB1")


@cache
def keyed(kind: str) -> Identity:
    keys = {
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
        "p192": lambda: ec.generate_private_key(ec.SECP192R1()),
        "k1": lambda: ec.generate_private_key(ec.SECP256K1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "rsa1024": lambda: rsa_key(1024),
        "rsa2047": lambda: rsa_key(2047),
        "brainpool": lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
        "rsa3072": lambda: rsa_key(3072),
    }
    return authority().issue("PERSONA FICTICIA", CURP, RFC, now=NOW, key=keys[kind]())


@cache
def csd() -> Identity:
    usage = frozenset({"digital_signature", "non_repudiation"})
    return authority().issue(
        "EMPRESA FICTICIA", CURP, RFC, now=NOW, unit="Sucursal 1", profile=Profile(usage=usage, extended=None)
    )


@cache
def with_an_office() -> Identity:
    """A judge whose authority, the judiciary's own, writes the office into the name."""
    return authority().issue("JUEZA FICTICIA", CURP, RFC, now=NOW, unit="Juzgado Quinto Ficticio")


@cache
def lasting(start: datetime, end: datetime) -> Identity:
    return authority().issue("PERSONA FICTICIA", CURP, RFC, now=NOW, not_before=start, not_after=end)


@cache
def stranger() -> Authority:
    """An authority that nobody trusts, under the very same names as the trusted one."""
    return Authority.create(NOW)


@cache
def impostor() -> Identity:
    return stranger().issue("JUEZA FICTICIA NÚÑEZ", CURP, RFC, now=NOW)


@cache
def self_signed() -> Identity:
    name = distinguished_name(("CN", "JUEZA FICTICIA NÚÑEZ"), ("uid", RFC))
    return _made(name, name, None, Profile())


@cache
def misnamed() -> Identity:
    """Latin-1 bytes under the types that promise UTF-8 and ASCII."""
    latin1 = "JUEZA FICTICIA NÚÑEZ".encode("latin-1")
    mail = "nuñez@example.mx".encode("latin-1")
    name = raw_name(
        ("2.5.4.3", 0x0C, latin1), ("1.2.840.113549.1.9.1", 0x16, mail), ("2.5.4.45", 0x0C, RFC.encode())
    )
    return _made(name, authority().intermediate.x509.subject, authority().intermediate, Profile())


@cache
def lost_letters() -> Identity:
    """Somewhere on the way to the authority a letter became the mark of a lost one."""
    name = distinguished_name(("CN", "JUEZA FICTICIA NU\ufffdEZ"), ("uid", RFC))
    return _made(name, authority().intermediate.x509.subject, authority().intermediate, Profile())


@cache
def bare_root() -> Identity:
    """A root from before extensions: it says who it is, and not what."""
    name = distinguished_name(("CN", "Raíz Ficticia"), ("OU", "Gerencia"), ("uid", "BFI010101AAA"))
    return _made(name, name, None, Profile(usage=None, extended=None, ca=None))


@cache
def seal_without_a_unit() -> Identity:
    issuer = distinguished_name(("CN", "A.C. del Servicio de Administración Tributaria (FICTICIO)"))
    usage = frozenset({"digital_signature", "non_repudiation"})
    return _made(_somebody(), issuer, None, Profile(usage=usage, extended=None))


@cache
def nobody() -> Identity:
    """Somebody without RFC or CURP, under an authority of no known kind."""
    name = distinguished_name(("CN", "Nadie"))
    return _made(name, name, None, Profile())


@cache
def below_a_person() -> Identity:
    """Issued by a judge, who is no authority."""
    return _made(_somebody(), judge().x509.subject, judge(), Profile())


@cache
def below_too_deep() -> Identity:
    """The intermediate may have no authority below it (path length 0), yet here is one."""
    under = authority().intermediate
    middle = _made(distinguished_name(("CN", "Autoridad de Más")), under.x509.subject, under, AUTHORITY)
    return _made(_somebody(), middle.x509.subject, middle, Profile())


@cache
def below_no_cert_sign() -> Identity:
    profile = replace(AUTHORITY, usage=frozenset({"crl_sign"}))
    root = authority().root
    middle = _made(distinguished_name(("CN", "Autoridad Que No Firma")), root.x509.subject, root, profile)
    return _made(_somebody(), middle.x509.subject, middle, Profile())


@cache
def below_name_constraints() -> Identity:
    """The middle authority may name only an organisation that this person is not of."""
    base = x509.GeneralName("directory_name", distinguished_name(("O", "Otra Institución")))
    permitted = x509.NameConstraints({"permitted_subtrees": [x509.GeneralSubtree({"base": base})]})
    profile = replace(AUTHORITY, extra=(extension("name_constraints", permitted, critical=True),))
    root = authority().root
    middle = _made(distinguished_name(("CN", "Autoridad Acotada")), root.x509.subject, root, profile)
    return _made(_somebody(), middle.x509.subject, middle, Profile())


@cache
def below_weak_middle() -> Identity:
    root = authority().root
    profile = replace(AUTHORITY, digest="sha1")
    middle = _made(distinguished_name(("CN", "Autoridad Con SHA-1")), root.x509.subject, root, profile)
    return _made(_somebody(), middle.x509.subject, middle, Profile())


@cache
def shallow_root() -> Identity:
    """A root that allows no authority below it."""
    name = distinguished_name(("CN", "Raíz Ficticia Sin Intermedias"))
    return _made(name, name, None, replace(AUTHORITY, path_length=0))


@cache
def below_a_shallow_root() -> Identity:
    middle = _made(
        distinguished_name(("CN", "Intermedia de Más")),
        shallow_root().x509.subject,
        shallow_root(),
        AUTHORITY,
    )
    return _made(_somebody(), middle.x509.subject, middle, Profile())


@cache
def below_a_time_stampers_authority() -> Identity:
    """Under an authority whose own extended usage does not name what its people sign: a real one of SAT's is so."""
    root = authority().root
    profile = replace(AUTHORITY, extended=("client_auth", "time_stamping"))
    middle = _made(distinguished_name(("CN", "Autoridad Con Otros Usos")), root.x509.subject, root, profile)
    return _made(_somebody(), middle.x509.subject, middle, Profile())


@cache
def below_good_middle() -> Identity:
    """A second intermediate that the operator has not loaded: it travels inside the signature."""
    root = authority().root
    middle = _made(
        distinguished_name(("CN", "Otra Autoridad Intermedia Ficticia")), root.x509.subject, root, AUTHORITY
    )
    return _made(_somebody(), middle.x509.subject, middle, Profile())


def _somebody() -> x509.Name:
    return distinguished_name(("CN", "PERSONA FICTICIA"), ("uid", RFC), ("serialNumber", CURP))


def _made(subject: x509.Name, issuer: x509.Name, by: Identity | None, profile: Profile) -> Identity:
    key = rsa_key()
    der = certificate(
        subject,
        key,
        issuer,
        by.key if by else key,
        serial=int.from_bytes(b"00001000000999999999", "big"),
        not_before=NOW - DAY,
        not_after=NOW + YEAR,
        profile=profile,
    )
    return Identity(der, key, (by.certificate, *by.chain) if by else ())


@cache
def old_authority() -> Authority:
    """Like FIREL: the whole authority has ended, before `NOW`."""
    return Authority.create(NOW, not_before=NOW - 12 * YEAR, not_after=NOW - 180 * DAY)


@cache
def old_judge() -> Identity:
    return old_authority().issue(
        "JUEZA FICTICIA NÚÑEZ", CURP, RFC, now=NOW, not_before=NOW - 3 * YEAR, not_after=NOW + YEAR
    )
