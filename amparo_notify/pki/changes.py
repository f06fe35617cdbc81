"""What a later revision of a PDF may change, as rules of the library's: two narrow policies."""

from collections.abc import Iterable
from dataclasses import replace

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
    XrefStreamRule,
)
from pyhanko.sign.diff_analysis.form_rules_api import FieldComparisonContext, FormUpdate
from pyhanko.sign.diff_analysis.rules.form_field_rules import is_field_visible
from pyhanko.sign.diff_analysis.rules_api import QualifiedWhitelistRule, ReferenceUpdate, WhitelistRule

VALIDATION_DATA = ModificationLevel.LTA_UPDATES
"""The level of what only helps to verify later."""


class OnlyDatesRule(DocInfoRule):
    """Lets a program note that it touched the file, but not change the title, the author or anything else."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        if _told(old) != _told(new):
            raise SuspiciousModification("the document's information changed")
        yield from super().apply(old, new)


def _told(resolver: HistoricalResolver) -> dict[str, object]:
    """What the file said of itself in one revision, without its dates."""
    information = resolver.trailer_view.raw_get("/Info") if "/Info" in resolver.trailer_view else None
    if isinstance(information, generic.IndirectObject):
        information = resolver(information.reference)  # the library would answer with the latest revision's
    if not isinstance(information, generic.DictionaryObject):
        return {}
    return {str(key): information[key] for key in information if key not in {"/ModDate", "/Producer"}}


class NeverUsedRule(WhitelistRule):
    """Lets a section call free what no earlier revision could use: iText so lists its own cross-reference stream."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        for reference in new.refs_freed_in_revision():
            if old.is_ref_unassignable(reference):
                yield ReferenceUpdate(reference)


class PlainExtensionsRule(WhitelistRule):
    """Refuses anything but plain values in /Extensions, which shall be direct (ISO 32000-2, 7.12.2)."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        before, after = (root.get("/Extensions") for root in (old.root, new.root))
        if after is not None and before != after and not _is_plain(new.root["/Extensions"]):
            raise SuspiciousModification("/Extensions hold more than versions")
        return ()


def _is_plain(value: object) -> bool:
    if isinstance(value, generic.StreamObject | generic.IndirectObject):
        return False
    if isinstance(value, generic.DictionaryObject):
        return all(_is_plain(value.raw_get(key)) for key in value)
    return not isinstance(value, generic.ArrayObject) or all(map(_is_plain, value))


class UnseenFieldRule(SigFieldCreationRule):
    """Counts all of a new signature field as validation data where nobody can see it: iText gives even those a look."""

    def apply(self, context: FieldComparisonContext) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        unseen = {
            name
            for name, spec in context.field_specs.items()
            if spec.old_field_ref is None and spec.new_field and not is_field_visible(spec.new_field)
        }
        for level, update in super().apply(context):
            if update.field_name in unseen:
                yield VALIDATION_DATA, replace(update, valid_when_locked=True)
            else:
                yield level, update


_STRUCTURE: list[QualifiedWhitelistRule] = [
    XrefStreamRule().as_qualified(VALIDATION_DATA),
    ObjectStreamRule().as_qualified(VALIDATION_DATA),
    DSSCompareRule().as_qualified(VALIDATION_DATA),
    OnlyDatesRule().as_qualified(VALIDATION_DATA),
    NeverUsedRule().as_qualified(VALIDATION_DATA),
    PlainExtensionsRule().as_qualified(VALIDATION_DATA),
]
ONLY_VALIDATION_DATA = StandardDiffPolicy(
    global_rules=[CatalogModificationRule({"/AcroForm", "/DSS", "/Extensions", "/Version"}), *_STRUCTURE],
    form_rule=FormUpdatingRule(
        field_rules=[UnseenFieldRule(), SigFieldModificationRule()],  # type: ignore[no-untyped-call]
        ignored_acroform_keys={"/Fields", "/DR", "/DA"},
    ),
    reject_object_freeing=False,  # `NeverUsedRule` says which may be; the others stay unexplained
    ignore_orphaned_objects=False,
)
"""After the last person's signature: long-term validation data, time-stamps that show nothing, and nothing else."""
ONLY_MORE_SIGNATURES = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(),
        *_STRUCTURE,
        MetadataUpdateRule(check_xml_syntax=False).as_qualified(VALIDATION_DATA),
    ],
    form_rule=FormUpdatingRule(field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]),
    reject_object_freeing=False,
    ignore_orphaned_objects=False,
)
"""Between two persons' signatures: the second signature, and what a signing program notes about itself."""
