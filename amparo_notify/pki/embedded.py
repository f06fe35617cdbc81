"""Revocation data that travels inside a document. It helps only where an issuer of the path has signed it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from asn1crypto import cms, core, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader

from amparo_notify.pki.lists import RevocationList, read_list
from amparo_notify.pki.ocsp import Answer, read_answers
from amparo_notify.pki.revocation import Index

MOST = 16
"""Lists and answers looked at in one document; more is no order but a burden."""


def add_embedded(
    index: Index, found: Iterable[tuple[str, bytes]], certificates: Sequence[x509.Certificate] = ()
) -> Index:
    """Return an index that also knows what a document carries: pairs of ("crl" or "ocsp", DER), and certificates."""
    lists: list[RevocationList] = []
    answers: list[Answer] = []
    for kind, der in list(found)[:MOST]:
        try:
            if kind == "crl":
                lists.append(replace(read_list(der), source="CRL in the document"))
            else:
                answers += read_answers(der, "OCSP in the document", certificates)
        except (ValueError, TypeError, KeyError):
            continue  # what cannot be read cannot help; what is needed is then not consulted
    return Index.of(lists, answers, below=index) if lists or answers else index


class _Any(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.Any


class _Values(core.Sequence):  # type: ignore[misc]
    """Adobe's archival attribute and CAdES's revocation values: the same two lists, in the same places."""

    _fields = [  # noqa: RUF012 - asn1crypto reads a list
        ("crl", _Any, {"explicit": 0, "optional": True}),
        ("ocsp", _Any, {"explicit": 1, "optional": True}),
        ("other", core.Any, {"explicit": 2, "optional": True}),
    ]


_ATTRIBUTES = {
    "1.2.840.113583.1.1.8",  # adbe-revocationInfoArchival (ISO 32000-2, 12.8.3.3.2)
    "1.2.840.113549.1.9.16.2.24",  # id-aa-ets-revocationValues (RFC 5126, 6.3.4)
}


def in_cms(data: cms.SignedData) -> list[tuple[str, bytes]]:
    """Return what a SignedData carries: beside its certificates, and in the attributes of its signers."""
    found: list[tuple[str, bytes]] = []
    for choice in data["crls"] if not isinstance(data["crls"], core.Void) else ():
        if choice.name == "crl":
            found.append(("crl", choice.chosen.dump()))
        elif choice.chosen["other_rev_info_format"].native == "ocsp_response":  # RFC 5940
            found.append(("ocsp", choice.chosen["other_rev_info"].dump()))
    for info in data["signer_infos"]:
        for group in ("signed_attrs", "unsigned_attrs"):
            attributes = info[group]
            for attribute in () if isinstance(attributes, core.Void) else attributes:
                if attribute["type"].dotted in _ATTRIBUTES:
                    found += _values(attribute)
    return found


def _values(attribute: cms.CMSAttribute) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for value in attribute["values"]:
        lists = _Values.load(value.dump())
        for kind in ("crl", "ocsp"):
            entries = lists[kind]
            found += [(kind, each.dump()) for each in (() if isinstance(entries, core.Void) else entries)]
    return found


def in_pdf(reader: PdfFileReader) -> list[tuple[str, bytes]]:
    """Return what a PDF's document security store carries."""
    lists = _stored(reader, "/CRLs", DecodePurpose.CRL)
    answers = _stored(reader, "/OCSPs", DecodePurpose.OCSP_RESPONSE)
    return [*(("crl", der) for der in lists), *(("ocsp", der) for der in answers)]


def certificates_in_pdf(reader: PdfFileReader) -> list[x509.Certificate]:
    """Return the certificates of a PDF's document security store: they help to build paths, and no more."""
    found = []
    for der in _stored(reader, "/Certs", DecodePurpose.CERTIFICATE):
        try:
            found.append(x509.Certificate.load(der, strict=True))
        except (ValueError, TypeError):
            continue  # no certificate, no help
    return found


def _stored(reader: PdfFileReader, name: str, purpose: DecodePurpose) -> list[bytes]:
    root = reader.root
    store = root["/DSS"] if "/DSS" in root else None  # noqa: SIM401 - `get` does not follow references
    streams = store[name] if isinstance(store, generic.DictionaryObject) and name in store else None
    if not isinstance(streams, generic.ArrayObject):
        return []
    found = [streams[number] for number in range(min(len(streams), MOST))]
    return [each.read_data(purpose) for each in found if isinstance(each, generic.StreamObject)]
