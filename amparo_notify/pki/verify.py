"""The verdict on a signed document. Runs in the limited child: see `child` and `judge`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import cms, x509

from amparo_notify.core.verdict import Conclusion, Reason, Signer, Verdict
from amparo_notify.pki import envelope
from amparo_notify.pki.active import check_content
from amparo_notify.pki.anchors import Trust
from amparo_notify.pki.context import Context
from amparo_notify.pki.digests import Digests, RangeDigests, Whole
from amparo_notify.pki.embedded import add_embedded, certificates_in_pdf, in_cms, in_pdf
from amparo_notify.pki.files import Data
from amparo_notify.pki.integrity import certificates_in
from amparo_notify.pki.lists import read_list
from amparo_notify.pki.objection import Objection, failed, malformed
from amparo_notify.pki.ocsp import read_answers
from amparo_notify.pki.path import Pool
from amparo_notify.pki.pdf import Document, Embedded, check_later_changes
from amparo_notify.pki.revocation import Index
from amparo_notify.pki.signature import Judged, judge_signer
from amparo_notify.pki.stamps import Stamp, check_stamp

LARGEST = 32 * 1024 * 1024
"""Bytes of an upload; larger is refused unread."""
PADES, ENVELOPING, DETACHED, NONE = "PAdES", "CAdES-enveloping", "CAdES-detached", "none"

NOT_SIGNED = (
    "El PDF no contiene una firma electrónica que se pueda verificar; una página impresa de «evidencia criptográfica» "
    "no prueba nada. Descargue del sistema del juzgado el archivo firmado (.p7m, o el PDF con su firma) y súbalo."
)


@dataclass(frozen=True)
class Materials:
    """Trust made ready once, for many documents."""

    pool: Pool
    tsa_pool: Pool
    index: Index
    revocation: str

    @classmethod
    def prepare(cls, trust: Trust, revocation: str) -> "Materials":
        anchors = [x509.Certificate.load(der) for der in trust.anchors]
        stamps = [x509.Certificate.load(der) for der in trust.tsa_anchors or trust.anchors]
        helpers = [x509.Certificate.load(der) for der in trust.intermediates]
        lists = [read_list(der) for der in trust.crls]
        answers = [answer for der in trust.ocsps for answer in read_answers(der, helpers=helpers)]
        index = Index.of(lists, answers, [*anchors, *helpers, *stamps])
        return cls(Pool.of(anchors, helpers), Pool.of(stamps, helpers), index, revocation)

    def context(self, moment: datetime) -> Context:
        return Context(self.pool, self.tsa_pool, self.index, moment, self.revocation)


@dataclass(frozen=True)
class Judgement:
    """The verdict, and the PDF that people will read (None where there is none)."""

    verdict: Verdict
    document: Data | None


def examine(document: Data, signature: Data | None, moment: datetime, materials: Materials) -> Judgement:
    """Judge a document at `moment` (UTC). Never raises for what the document contains."""
    case = _Case(document)
    try:
        _check_sizes(document, signature)
        case.run(signature, materials.context(moment))
    except Objection as objection:
        case.objections.append(objection)
    except RecursionError:
        case.objections.append(malformed("nested too deeply"))
    except MemoryError:
        case.objections.append(malformed("needs too much memory"))
    except Exception as problem:  # noqa: BLE001 - whatever a parser raises is a refusal of this file
        case.objections.append(malformed(f"{type(problem).__name__}: {problem}"))
    return case.judgement()


def _check_sizes(document: Data, signature: Data | None) -> None:
    if max(len(document), len(signature or b"")) > LARGEST:
        raise malformed(
            "too large", "El archivo pesa más de 32 MiB; reduzca el PDF, fírmelo de nuevo y súbalo."
        )
    if not document:
        raise malformed("empty", "El archivo está vacío; vuelva a descargarlo y súbalo de nuevo.")
    if signature is not None and not signature:
        raise malformed(
            "empty signature", "El archivo de firma está vacío; vuelva a descargarlo y súbalo de nuevo."
        )


class _Case:
    """One document on its way to a verdict."""

    def __init__(self, document: Data) -> None:
        self.upload = document
        self.pdf: Data | None = document if envelope.looks_like_pdf(document) else None
        self.format = NONE
        self.judged: list[Judged] = []
        self.objections: list[Objection] = []
        self.report: dict[str, object] = {}
        self.whole = Whole(document)
        self.content: Digests | None = None

    def run(self, signature: Data | None, context: Context) -> None:
        if signature and envelope.looks_like_pdf(signature) and not self.pdf:
            self.pdf, self.upload, signature = (
                signature,
                signature,
                self.upload,
            )  # handed over the wrong way round
        if signature:
            self._detached(signature, context)
        elif self.pdf:
            self._embedded(context)
        elif envelope.is_cms(self.upload):
            self._enveloping(context)
        else:
            raise _not_a_document(self.upload)

    def _enveloping(self, context: Context) -> None:
        opened = envelope.open_cms(self.upload)
        if opened.content is None:
            raise malformed(
                "detached signature without its document",
                "Es una firma separada (.p7s); suba también el PDF al que pertenece.",
            )
        self.format = ENVELOPING
        envelope.check_inner(opened.content)
        self.pdf = opened.content
        self._content()
        self._judge_all(opened.data, opened.content, context)

    def _detached(self, signature: Data, context: Context) -> None:
        if not self.pdf and envelope.is_cms(self.upload):
            raise malformed(
                "two signatures",
                "Se subieron dos firmas; suba el PDF con su firma separada, o solo el archivo .p7m.",
            )
        if not self.pdf:
            raise _not_a_document(self.upload)
        if not envelope.is_cms(signature):
            raise malformed(
                "the signature is not CMS", "El archivo de firma no es una firma (.p7s) que se pueda leer."
            )
        self.format = DETACHED
        opened = envelope.open_cms(signature)
        if opened.content is not None and opened.content != self.pdf[:]:
            raise failed(
                Reason.HASH_FAILURE,
                "La firma trae dentro otro documento, distinto del PDF que se subió; suba solo el archivo .p7m.",
            )
        self._content()
        self._judge_all(opened.data, self.pdf, context)

    def _content(self) -> None:
        """Check what people will read for what an order must not carry."""
        document = Document(self.pdf or b"")
        check_content(document)
        self.report["strict_pdf"] = document.strict

    def _judge_all(self, data: cms.SignedData, content: Data, context: Context) -> None:
        """Judge every SignerInfo alone, over the whole content: all must be good (judge and secretary)."""
        if data["encap_content_info"]["content_type"].native != "data":
            raise malformed("the content is not plain data")
        certificates = certificates_in(data)
        around = context.with_helpers(certificates, add_embedded(context.index, in_cms(data), certificates))
        self.report["coverage"] = "whole document"
        self.content = digest = Digests(content, self.whole)
        for info in data["signer_infos"]:
            self.judged.append(judge_signer(info, [*certificates, *around.pool.helpers], digest, around))

    def _embedded(self, context: Context) -> None:
        document = Document(self.upload)
        self.report["strict_pdf"] = document.strict
        occurring = check_content(document)
        signatures = document.signatures
        if not signatures and self.upload.find(b"/ByteRange") < 0:
            raise failed(Reason.NOT_SIGNED, NOT_SIGNED)
        self.format = PADES
        _check_all_parsed(occurring.get(b"/ByteRange", set()), signatures)
        if all(one.is_time_stamp for one in signatures):
            raise failed(
                Reason.NOT_SIGNED,
                "El PDF solo trae un sello de tiempo, no la firma de una persona; pida al juzgado el archivo firmado.",
            )
        document, later = check_later_changes(document)
        self.report |= {"coverage": "whole document", "later_changes": later, "strict_pdf": document.strict}
        self._judge_embedded(document, document.signatures, context)

    def _judge_embedded(self, document: Document, signatures: Sequence[Embedded], context: Context) -> None:
        opened = {one.name: envelope.open_cms(one.contents, padded=True) for one in signatures}
        helpers = [item for each in opened.values() for item in certificates_in(each.data)]
        carried = [item for each in opened.values() for item in in_cms(each.data)]
        helpers += certificates_in_pdf(document.reader)
        around = context.with_helpers(
            helpers, add_embedded(context.index, [*in_pdf(document.reader), *carried], helpers)
        )
        stamps: list[tuple[int, Stamp]] = []
        for one in signatures:
            if one.is_time_stamp:
                token = cms.ContentInfo.load(one.contents)
                imprint = RangeDigests(self.whole, one)
                stamps.append((one.end, check_stamp(token, imprint, around)))
        for one in signatures:
            if one.is_time_stamp:
                continue
            data = opened[one.name].data
            if len(data["signer_infos"]) != 1 or opened[one.name].content is not None:
                raise malformed(f"signature {one.name} is not detached, or not by exactly one signer")
            over = [stamp for end, stamp in stamps if end > one.end]
            candidates = [*certificates_in(data), *around.pool.helpers]
            digest = RangeDigests(self.whole, one)
            self.judged.append(
                judge_signer(data["signer_infos"][0], candidates, digest, around, over, one.claimed)
            )

    def judgement(self) -> Judgement:
        """Sum up: the worst objection decides, and it names the signer where there are several."""
        worst = self._worst()
        signers = tuple(each.signer for each in self.judged if each.signer)
        verdict = Verdict(
            conclusion=worst.conclusion if worst else Conclusion.PASSED,
            reason=worst.reason if worst else None,
            explanation=worst.explanation if worst else _approval(signers),
            format=self.format,
            document_sha256=self._document_sha256(),
            signers=signers,
            report=self._report(worst),
        )
        return Judgement(verdict, self.pdf)

    def _document_sha256(self) -> str:
        """The hash of what people read; of the upload where there is nothing to read."""
        if self.pdf is None:
            return self.whole.hexdigest()
        return (self.content or Digests(self.pdf, self.whole))("sha256").hex()

    def _worst(self) -> Objection | None:
        found = list(self.objections)
        for each in self.judged:
            found += [_naming(one, each.signer) if len(self.judged) > 1 else one for one in each.objections]
        if not found and not self.judged:
            return malformed("nothing was judged")
        return min(found, key=lambda one: one.weight, default=None)

    def _report(self, worst: Objection | None) -> dict[str, object]:
        every = [*self.objections, *(one for each in self.judged for one in each.objections)]
        return {
            **self.report,
            "format": self.format,
            "upload_sha256": self.whole.hexdigest(),
            "signers": [each.report for each in self.judged],
            "objections": [
                {"conclusion": str(one.conclusion), "reason": str(one.reason), "detail": one.detail}
                for one in every
            ],
            "detail": worst.detail if worst else "",
        }


def _check_all_parsed(occurring: set[int], signatures: Sequence[Embedded]) -> None:
    """Every object with a byte range is a filled signature field that was parsed: nothing is silently skipped."""
    parsed = {one.handle.sig_field.raw_get("/V").reference.idnum for one in signatures}
    if occurring - parsed or len(parsed) != len(signatures) or not signatures:
        raise malformed(
            f"signature objects {sorted(occurring)}, fields {sorted(parsed)}",
            "El PDF trae una firma escondida o fuera de lugar; pida al juzgado el archivo original.",
        )


def _not_a_document(upload: Data) -> Objection:
    if upload[:4] in envelope.OFFICE:
        return malformed(
            "an office document",
            "Es un documento de Word u otro formato editable; conviértalo a PDF y fírmelo.",
        )
    return malformed(
        "neither PDF nor CMS", "El archivo no es un PDF ni una firma (.p7m); suba el acuerdo firmado."
    )


def _naming(objection: Objection, signer: Signer | None) -> Objection:
    if signer is None:
        return objection
    sentence = f"Firma de {signer.name}: {objection.explanation}"
    return Objection(objection.conclusion, objection.reason, sentence, objection.detail)


def _approval(signers: Sequence[Signer]) -> str:
    who = " y ".join(signer.name for signer in signers)
    if all(signer.revocation == "good" for signer in signers):
        return (
            f"La firma de {who} es válida: el documento está íntegro y el certificado, vigente y sin revocar."
        )
    return f"La firma de {who} es válida y el documento está íntegro; revocación no consultada."
