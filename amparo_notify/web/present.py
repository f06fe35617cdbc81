"""How instants, spans and sizes look on the screen. Instants come in UTC and are shown in a named zone."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup, escape

MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
PLACES = {
    "America/Mexico_City": "Ciudad de México",
    "America/Monterrey": "Monterrey",
    "America/Merida": "Mérida",
    "America/Cancun": "Cancún",
    "America/Chihuahua": "Chihuahua",
    "America/Ciudad_Juarez": "Ciudad Juárez",
    "America/Matamoros": "Matamoros",
    "America/Tijuana": "Tijuana",
    "America/Hermosillo": "Hermosillo",
    "America/Mazatlan": "Mazatlán",
}
DEFAULT_ZONE = "America/Mexico_City"


def place(zone: str) -> str:
    """A zone as people call it."""
    return PLACES.get(zone, zone.rpartition("/")[2].replace("_", " "))


def day(instant: datetime, zone: str = DEFAULT_ZONE) -> str:
    """«sábado 21 nov 2026»."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}"


def clock(instant: datetime, zone: str = DEFAULT_ZONE, seconds: bool = False) -> str:
    """«14:35», or «14:35:07»."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S" if seconds else "%H:%M")


def local(instant: datetime | None, zone: str = DEFAULT_ZONE, seconds: bool = False) -> str:
    """«sábado 21 nov 2026, 14:35 (hora de Cancún)», or a dash."""
    if instant is None:
        return "—"
    return f"{day(instant, zone)}, {clock(instant, zone, seconds)} (hora de {place(zone)})"


def short(instant: datetime | None, zone: str = DEFAULT_ZONE, seconds: bool = False) -> str:
    """«21 nov 14:35», or a dash. For tables whose head names the zone."""
    if instant is None:
        return "—"
    there = instant.astimezone(ZoneInfo(zone))
    return f"{there.day} {MONTHS[there.month - 1]} {clock(instant, zone, seconds)}"


def local_input(instant: datetime | None, zone: str = DEFAULT_ZONE) -> str:
    """An instant as a `datetime-local` field takes it; empty for none."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if instant else ""


def mmss(span: timedelta) -> str:
    """«03:07», «1:03:07» from an hour on, «2 d 04:10:00» from a day on; never less than nothing."""
    seconds = max(0, int(span.total_seconds()))
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    tail = f"{minutes:02}:{rest:02}"
    if days:
        return f"{days} d {hours:02}:{tail}"
    return f"{hours}:{tail}" if hours else tail


def countdown(until: datetime, now: datetime, past: str = "ahora") -> Markup:
    """What is left until an instant. A script counts it down; without one, it says what was left when it was sent."""
    left = mmss(until - now) if until > now else past
    return Markup('<time class="count" datetime="{}" data-count data-past="{}">{}</time>').format(
        until.isoformat(), past, left
    )


def seconds_words(seconds: int) -> str:
    """«3 min», «90 s», «1 h 30 min»."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest else ""]
    return " ".join(filter(None, parts)) or "al instante"


def size(count: int) -> str:
    """Bytes as «240 kB» or «3.1 MB»."""
    return f"{count / 1e6:.1f} MB" if count >= 1_000_000 else f"{max(1, count // 1000)} kB"


def phone(number: str) -> str:
    """«+52 55 0000 0005»: a Mexican number in groups that can be read aloud; others as they are."""
    match = re.fullmatch(r"\+52(55|56|33|81)(\d{4})(\d{4})|\+52(\d{3})(\d{3})(\d{4})", number)
    return " ".join(["+52", *filter(None, match.groups())]) if match else number


def groups(text: str, each: int = 8) -> Markup:
    """A long hexadecimal text in groups that a person can compare, and that a phone can break."""
    parts = [text[start : start + each] for start in range(0, len(text), each)]
    return Markup("<wbr>").join(escape(part) for part in parts)


def install(app: Flask) -> None:
    """Make these the templates' filters."""
    for filter_ in (
        place,
        day,
        clock,
        local,
        local_input,
        short,
        mmss,
        countdown,
        seconds_words,
        size,
        phone,
        groups,
    ):
        app.jinja_env.filters[filter_.__name__] = filter_
