"""The text of a demonstration order, set as a court would: everybody in it is invented."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.enums import TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

_BODY = ParagraphStyle(
    "body", fontName="Times-Roman", fontSize=11.5, leading=16, alignment=TA_JUSTIFY, spaceAfter=8
)
_HEAD = ParagraphStyle("head", parent=_BODY, fontName="Times-Bold", alignment=TA_RIGHT, spaceAfter=2)
_TITLE = ParagraphStyle("title", parent=_BODY, fontName="Times-Bold", fontSize=13, spaceBefore=14)
_MARK = ParagraphStyle("mark", parent=_BODY, fontName="Helvetica", fontSize=8, textColor="#666666")


@dataclass(frozen=True)
class DemoOrder:
    """What the demonstration's order says."""

    expediente: str = "1234/2026-III-A"
    court: str = "Juzgado Ficticio Primero de Distrito en Materia Administrativa en la Ciudad de México"
    judge: str = "JUEZA FICTICIA NÚÑEZ"
    persons: Sequence[str] = ("ANA EJEMPLO PEÑA", "LUIS EJEMPLO PEÑA")
    station: str = "Aeropuerto Internacional Benito Juárez, Terminal 1"
    dated: str = "Ciudad de México, en la fecha de su firma electrónica"

    def paragraphs(self) -> list[str]:
        people = " y ".join(self.persons)
        return [
            f"VISTO el escrito de demanda promovido a favor de <b>{people}</b>, de quienes se afirma que se "
            f"encuentran en la estación migratoria del {self.station} y que su devolución es inminente.",
            "Con fundamento en los artículos 15, 126, 136 y 160 de la Ley de Amparo, <b>SE CONCEDE LA "
            "SUSPENSIÓN DE OFICIO Y DE PLANO</b> para el efecto de que no se ejecute la devolución, "
            "deportación o expulsión de las personas quejosas, quienes quedarán a disposición de este "
            "órgano jurisdiccional en el lugar en que se encuentran, únicamente en lo que se refiere a su "
            "libertad personal.",
            "La autoridad responsable deberá suspender de inmediato todo acto tendiente a embarcarlas, y "
            "rendir informe del cumplimiento en cuanto reciba esta comunicación, apercibida de lo que "
            "dispone el artículo 262, fracción III, de la propia ley.",
            "<b>COMUNÍQUESE SIN DEMORA</b> a la autoridad responsable, por cualquier medio que permita lograr "
            "su inmediato cumplimiento. Son hábiles todos los días y horas.",
            f"Así lo proveyó y firma electrónicamente <b>{self.judge}</b>, titular del {self.court}.",
        ]


def order_pdf(order: DemoOrder = DemoOrder()) -> bytes:
    """Return the order as an unsigned PDF; the same order gives the same bytes."""
    output = BytesIO()
    page = SimpleDocTemplate(
        output,
        pagesize=LETTER,
        leftMargin=3 * cm,
        rightMargin=2.5 * cm,
        topMargin=2.5 * cm,
        bottomMargin=2.5 * cm,
        title=f"Acuerdo de suspensión, expediente {order.expediente}",
        author=order.court,
        invariant=1,
    )
    story = [
        Paragraph("PODER JUDICIAL DE LA FEDERACIÓN", _HEAD),
        Paragraph(order.court, _HEAD),
        Paragraph(f"Juicio de amparo indirecto {order.expediente}", _HEAD),
        Paragraph("Suspensión de oficio y de plano", _TITLE),
        Paragraph(order.dated, _BODY),
        *(Paragraph(text, _BODY) for text in order.paragraphs()),
        Spacer(1, 1 * cm),
        Paragraph(
            "DOCUMENTO DE DEMOSTRACIÓN. Personas, expediente y órgano jurisdiccional son ficticios.", _MARK
        ),
    ]
    page.build(story)
    return output.getvalue()
