"""Names in Mexican certificates: what the usual libraries cannot read, read.

asn1crypto types 2.5.4.45 (x500UniqueIdentifier, where Mexico writes the RFC) as BIT STRING only and decodes
PrintableString as ASCII; both break on real certificates (wbond/asn1crypto#228; FIREL's intermediates hold
Latin-1 bytes in PrintableString, SAT's oldest in IA5String). Importing this module mends asn1crypto for the whole
process.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from asn1crypto import core, x509

_CURP = re.compile(r"[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[A-Z0-9]\d")
_RFC = re.compile(r"[A-ZÑ&]{3,4}\d{6}[A-Z0-9]{3}")
_SERIAL_DIGITS = 20
_LONGEST = 300
_CLIENT_AUTH, _EMAIL = "client_auth", "email_protection"


class Kind(StrEnum):
    """What a certificate is for, as `certificate --json` names it."""

    EFIRMA = "e.firma"
    CSD = "CSD"
    FIREL = "FIREL"
    CA = "CA"
    OTHER = "other"


class _Text(core.Choice):  # type: ignore[misc]
    """The value of any attribute of a name, as it occurs: the string types, and those that only look like one."""

    _alternatives = [  # noqa: RUF012 - asn1crypto reads a list
        ("utf8_string", core.UTF8String),
        ("printable_string", core.PrintableString),
        ("teletex_string", x509.NotReallyTeletexString),
        ("ia5_string", core.IA5String),
        ("bmp_string", core.BMPString),
        ("universal_string", core.UniversalString),
        ("numeric_string", core.NumericString),
        ("visible_string", core.VisibleString),
        ("general_string", core.GeneralString),
        ("octet_string", core.OctetString),
        ("bit_string", core.OctetBitString),
    ]


def _decoded(raw: bytes, encoding: str) -> str:
    """Read a string as it was meant: authorities write UTF-8 and Latin-1 under each other's type, and under ASCII's."""
    if encoding.startswith(("utf-16", "utf-32")):
        return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _mend_asn1crypto() -> None:
    """Let names hold what they hold in Mexico. Reading becomes lenient; what is signed stays as it is."""

    def text(self: Any) -> str:
        if self.contents is None:
            return ""
        if self._unicode is None:
            self._unicode = _decoded(self._merge_chunks(), self._encoding)
        return str(self._unicode)

    def prep(self: Any, value: object) -> str:
        return _compared(_plain(value))

    core.PrintableString._encoding = core.TeletexString._encoding = "latin-1"
    core.AbstractString.__unicode__ = text
    x509.NotReallyTeletexString.__unicode__ = text
    specs = x509.NameTypeAndValue._oid_specs
    specs.update(dict.fromkeys(specs, _Text))
    x509.NameTypeAndValue._ldap_string_prep = prep


def _plain(value: object) -> str:
    """Return an attribute's value as text, whatever it turned out to be."""
    return _decoded(value.strip(b"\0"), "latin-1") if isinstance(value, bytes) else str(value)


def _compared(text: str) -> str:
    """Return a text such that two spellings of it are equal: forms of letters, case, spaces, what nobody sees.

    RFC 4518 would refuse some characters; a name that holds one (U+FFFD where a letter was lost) is still a name.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(map(_visible, folded)).split())


def _visible(letter: str) -> str:
    kind = unicodedata.category(letter)
    return " " if letter.isspace() else "" if kind.startswith("C") else letter


_mend_asn1crypto()


@dataclass(frozen=True)
class Holder:
    """Whom a certificate names. `serial`: twenty digits for a Mexican certificate, else lower-case hex."""

    name: str
    curp: str | None
    rfc: str | None
    serial: str
    issuer: str


def _values(name: x509.Name) -> list[tuple[str, str]]:
    """Return the attributes of a distinguished name in order, by dotted OID."""
    pairs = []
    for rdn in name.chosen:
        for attribute in rdn:
            pairs.append((attribute["type"].dotted, _shown(_plain(attribute["value"].native))))
    return pairs


def _shown(text: str) -> str:
    """Leave out what only misleads the eye: control characters, marks that turn the direction of writing, length."""
    plain = "".join(map(_visible, unicodedata.normalize("NFC", text)))
    return " ".join(plain.split())[:_LONGEST]


def _first(pairs: list[tuple[str, str]], *oids: str) -> str:
    return next((text for oid in oids for kind, text in pairs if kind == oid and text), "")


def readable(name: x509.Name) -> str:
    """Return a name for people: the common name, else the organisation, else everything there is."""
    pairs = _values(name)
    return _first(pairs, "2.5.4.3", "2.5.4.41", "2.5.4.10", "2.5.4.11") or ", ".join(
        text for _, text in pairs
    )


def normalised(name: x509.Name) -> tuple[object, ...]:
    """Return a name such that two spellings of it are equal (RFC 5280, 7.1): string type, case, spaces."""
    return _normalised(name.dump())


@lru_cache(maxsize=1024)
def _normalised(der: bytes) -> tuple[object, ...]:
    return tuple(
        frozenset((attribute["type"].dotted, attribute.prepped_value) for attribute in rdn)
        for rdn in x509.Name.load(der).chosen
    )


def serial_text(number: int) -> str:
    """Return the serial number as Mexico prints it: the number's bytes are twenty ASCII digits."""
    if number > 0:
        raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
        if len(raw) == _SERIAL_DIGITS and raw.isdigit():
            return raw.decode("ascii")
    return f"{number:x}"


def _self_issued(certificate: x509.Certificate) -> bool:
    return normalised(certificate.issuer) == normalised(certificate.subject)


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    """The last match: companies write "RFC / RFC of the representative", and the person is who signs."""
    found = pattern.findall(text.upper())
    return found[-1] if found else None


def holder(certificate: x509.Certificate) -> Holder:
    """Return whom this certificate names. Raises ValueError where the name cannot be read at all."""
    pairs = _values(certificate.subject)
    joined = {oid: " ".join(text for kind, text in pairs if kind == oid) for oid in ("2.5.4.5", "2.5.4.45")}
    return Holder(
        name=readable(certificate.subject),
        curp=_last(_CURP, joined["2.5.4.5"]),
        rfc=_last(_RFC, joined["2.5.4.45"]) or _last(_RFC, _CURP.sub(" ", joined["2.5.4.5"].upper())),
        serial=serial_text(certificate.serial_number),
        issuer=readable(certificate.issuer),
    )


def has_unit(certificate: x509.Certificate) -> bool:
    """Whether the subject has an organisational unit: SAT's mark of an invoice seal (CSD)."""
    return any(oid == "2.5.4.11" for oid, _ in _values(certificate.subject))


def usages(certificate: x509.Certificate) -> tuple[frozenset[str], frozenset[str] | None]:
    """Return (key usage, extended key usage or None where the certificate has no such extension)."""
    key_usage = certificate.key_usage_value
    extended = certificate.extended_key_usage_value
    return (
        frozenset(key_usage.native) if key_usage is not None else frozenset(),
        frozenset(extended.native) if extended is not None else None,
    )


def _without_accents(text: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", text) if not unicodedata.combining(part))


_JUDICIARY = (
    "PODER JUDICIAL",
    "ADMINISTRACION JUDICIAL",
    "JUDICATURA",
    "SUPREMA CORTE",
    "TRIBUNAL ELECTORAL",
    "TEPJF",
    "FIREL",
)
_TAX = ("ADMINISTRACION TRIBUTARIA", "AGENCIA REGISTRADORA", "SAT-IES")


def kind(certificate: x509.Certificate) -> Kind:
    """Return what a certificate is for, by SAT's and FIREL's published profiles."""
    if certificate.ca:
        return Kind.CA
    person = holder(certificate)
    key_usage, extended = usages(certificate)
    identified = bool(person.rfc or person.curp) and not _self_issued(
        certificate
    )  # an old root without extensions
    issuer = _without_accents(" ".join(text for _, text in _values(certificate.issuer)).upper())
    seals_only = not extended and not {"data_encipherment", "key_agreement"} & key_usage
    judicial, fiscal = (any(word in issuer for word in words) for words in (_JUDICIARY, _TAX))
    # The judiciary makes no invoice seals: an office in its signers' names refuses nobody.
    marked = has_unit(certificate) and (seals_only or not judicial)
    if identified and (marked or (seals_only and fiscal)):
        return Kind.CSD
    if judicial:
        return Kind.FIREL
    mexican = identified and person.serial.isdigit() and len(person.serial) == _SERIAL_DIGITS
    return Kind.EFIRMA if mexican and extended and {_CLIENT_AUTH, _EMAIL} <= extended else Kind.OTHER
