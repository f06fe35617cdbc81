"""Pictures and text of pages, by PDFium. Runs in the limited child, never in the service."""

from io import BytesIO

import pypdfium2
from PIL import Image, PngImagePlugin

_WIDEST = 2400
"""Pixels on the longer side; a page of absurd size is drawn smaller instead of eating the memory."""


def render(document: bytes, scale: float, most: int) -> list[bytes]:
    """Return PNGs of the first `most` pages at 72 dpi × scale. Raises pypdfium2.PdfiumError for what is no PDF."""
    images = []
    pdf = pypdfium2.PdfDocument(document)
    for number in range(min(len(pdf), most)):
        page = pdf[number]
        fitting = min(scale, _WIDEST / max(*page.get_size(), 1.0))
        bitmap = page.render(scale=fitting, may_draw_forms=False)
        output = BytesIO()
        bitmap.to_pil().convert("L").quantize(32).save(output, "PNG", optimize=False)
        images.append(output.getvalue())
    return images


def text(document: bytes, most: int = 3) -> str:
    """Return the text of the first pages, or an empty string where there is none to be had."""
    try:
        pdf = pypdfium2.PdfDocument(document)
        parts = [pdf[number].get_textpage().get_text_bounded() for number in range(min(len(pdf), most))]
    except (pypdfium2.PdfiumError, ValueError):
        return ""
    return "\n\n".join(parts)


def warm_up() -> None:
    """Load what drawing needs, for a fork cannot open files any more."""
    Image.preinit()
    _ = PngImagePlugin.PngImageFile
    pdf = pypdfium2.PdfDocument.new()
    pdf.new_page(72, 72).render(scale=1).to_pil().convert("L").quantize(2).save(BytesIO(), "PNG")
