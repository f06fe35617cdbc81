"""The paper of a drill: nobody could take it for an order, and everybody in it is invented."""

from datetime import datetime
from io import BytesIO
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Paragraph, SimpleDocTemplate

from amparo_notify.core.order import Person
from amparo_notify.store.people import Station

_AMBER = HexColor("#7a4a00")
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=12, leading=18, spaceAfter=10)
_TITLE = ParagraphStyle(
    "title",
    parent=_BODY,
    fontName="Helvetica-Bold",
    fontSize=20,
    leading=26,
    alignment=TA_CENTER,
    textColor=_AMBER,
)


def drill_pdf(expediente: str, person: Person, station: Station, now: datetime) -> bytes:
    """Return the drill's document, one page. `now` is shown in the station's time, to the second."""
    local = now.astimezone(ZoneInfo(station.time_zone))
    output = BytesIO()
    page = SimpleDocTemplate(
        output,
        pagesize=LETTER,
        margin=3 * cm,
        title=f"SIMULACRO, expediente {expediente}",
        author="Amparo Notify",
    )
    story = [
        Paragraph("SIMULACRO", _TITLE),
        Paragraph("Este documento no es una orden judicial y nadie lo firmó.", _TITLE),
        Paragraph(f"Expediente inventado: <b>{expediente}</b>.", _BODY),
        Paragraph(f"Estación: <b>{escape(station.name)}</b> ({station.code}).", _BODY),
        Paragraph(f"Persona inventada: <b>{person.name}</b>. Vuelo inventado: {person.flight}.", _BODY),
        Paragraph(
            "Actúe como ante una orden real hasta acusar de enterado e informar el resultado. No busque a nadie, no "
            "detenga ningún vuelo y no llame a ningún juzgado: se mide cuánto tarda el aviso en llegar a quien debe "
            "actuar.",
            _BODY,
        ),
        Paragraph(f"Hecho el {local:%d/%m/%Y a las %H:%M:%S}, hora de la estación.", _BODY),
    ]
    page.build(story, onFirstPage=_mark, onLaterPages=_mark)
    return output.getvalue()


def _mark(canvas: Canvas, _: BaseDocTemplate) -> None:
    """The word across the whole page, behind the text."""
    canvas.saveState()
    canvas.setFillColor(HexColor("#f0e2c8"))
    canvas.setFont("Helvetica-Bold", 96)
    canvas.translate(LETTER[0] / 2, LETTER[1] / 2)
    canvas.rotate(52)
    canvas.drawCentredString(0, 0, "SIMULACRO")
    canvas.restoreState()
