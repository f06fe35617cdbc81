"""Turns a cause and its facts into one message, from the templates of that cause. Nothing personal goes in.

Strict: a fact that a template needs and has not got is an error; a text that does not fit is an error, never cut.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, select_autoescape
from markupsafe import Markup, escape

from amparo_notify.channels.alarms import LANGUAGES, alarm
from amparo_notify.channels.gsm import segments, to_gsm7
from amparo_notify.core.notice import Cause, Medium
from amparo_notify.core.ports import Message

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "messages"
MOST_SEGMENTS = 2
LONGEST_TWIML = 4_000
"""Characters of the `Twiml` parameter (https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource)."""

GIVES_WAY = ("court", "post", "link")
"""What an SMS leaves out to fit, one after the other: the call-back number still tells which court it is, the page who
answered, and every text works without its link, for a carrier may block it (domain.md, section 6)."""


class DoesNotFit(ValueError):
    """A message that its medium cannot carry whole."""


@dataclass(frozen=True)
class Facts:
    """All that a message may say. None of it is personal: no name, no nationality, nothing of the person."""

    expediente: str
    court: str
    court_phone: str
    station: str
    reply_code: str = ""  # for TRACKING: the tracking code
    deadline: str = ""  # "14:35", in the station's time; empty where no departure is known
    link: str = ""
    post: str = ""  # of whoever acknowledged or reported; never a name
    detail: str = ""  # for ALARM: a key of alarms.ALARMS
    drill: bool = False
    marked: bool = False  # the order went out with its signer's revocation not consulted
    gather_url: str = ""  # where a call's keys are sent; empty: the call asks for none
    waiting: tuple[str, ...] = ()  # other expedientes that wait for the same officer, the oldest of them
    waiting_in_all: int = 0


def _spelled(text: str, slash: str = "diagonal", dash: str = "guion") -> str:
    """Spell for the ear: "1234/2025-III-A" -> "1, 2, 3, 4, diagonal, 2, 0, 2, 5, guion, I, I, I, guion, A"."""
    names = {"/": slash, "-": dash}
    return ", ".join(names.get(letter, letter.upper()) for letter in text if not letter.isspace())


def _dialled(phone: str) -> tuple[str, str]:
    """The ten digits that one dials in Mexico, without +52, and an extension or nothing."""
    number, _, extension = phone.lower().partition("ext")
    digits = re.sub(r"\D", "", number)
    local = digits[-10:] if digits.startswith("52") and len(digits) > 10 else digits
    return local, re.sub(r"\D", "", extension)


def _digits(phone: str) -> str:
    """A number for the eye, short: "5550001122 ext 40"."""
    return " ext ".join(filter(None, _dialled(phone)))


def _paced(phone: str, extension: str = "extensión") -> str:
    """A number in pairs, for the ear: "55, 50, 00, 11, 22, extensión 40"."""
    pairs = [", ".join(re.findall(r"\d{1,2}", part)) for part in _dialled(phone)]
    return f", {extension} ".join(filter(None, pairs))


_TEMPLATES = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    autoescape=select_autoescape(["html", "xml"], default=False),
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,  # a look at each file's date for each message
)
_TEMPLATES.filters.update(spelled=_spelled, digits=_digits, paced=_paced)


def render(
    cause: Cause,
    medium: Medium,
    facts: Facts,
    to: str,
    reference: str,
    valid_for: int,
    *,
    language: str = "es",
) -> Message:
    """Return the message for one attempt; `valid_for` in seconds, `language` "es" (Mexico) or "en".

    Raises DoesNotFit where the medium cannot carry it, LookupError where this cause does not go by this medium.
    """
    if cause is Cause.TRACKING and medium is not Medium.EMAIL:
        raise LookupError(f"{cause} goes by e-mail only, not by {medium}")
    message = Message(medium, to, reference, text="", valid_for=valid_for)
    if medium is Medium.SMS:
        return replace(message, text=_sms(cause, facts, language))
    if medium is Medium.VOICE:
        return replace(message, text=_voice(cause, facts, language))
    return replace(
        message,
        subject=_one_line(_filled(cause, "email.subject.txt", facts, language)),
        text=_filled(cause, "email.txt", facts, language).strip() + "\n",
        html=_filled(cause, "email.html", facts, language),
    )


def _sms(cause: Cause, facts: Facts, language: str) -> str:
    """The text of an SMS. Where names are long, whole facts give way, and what must be said is always said."""
    for left_out in ("", *GIVES_WAY):
        facts = _without(facts, left_out)
        text = _one_line(to_gsm7(_filled(cause, "sms.txt", facts, language)))
        if segments(text) <= MOST_SEGMENTS:
            return text
    raise DoesNotFit(f"{cause}: {segments(text)} segments, {MOST_SEGMENTS} at most")


def _without(facts: Facts, name: str) -> Facts:
    return replace(facts, **{name: ""}) if name else facts  # type: ignore[arg-type]  # these facts are texts


def _voice(cause: Cause, facts: Facts, language: str) -> str:
    twiml = _flat(_filled(cause, "voice.xml", facts, language))
    if len(twiml) > LONGEST_TWIML:
        raise DoesNotFit(f"{cause}: TwiML of {len(twiml)} characters, {LONGEST_TWIML} at most")
    return twiml


def note(
    name: str,
    medium: Medium,
    to: str,
    reference: str,
    valid_for: int,
    *,
    language: str = "es",
    **said: object,
) -> Message:
    """Return a message that is about no order, from templates/messages/<name>; `said` is all that it may say.

    Raises DoesNotFit where the medium cannot carry it, LookupError where it does not go by this medium.
    """

    def filled(part: str) -> str:
        try:
            template = _TEMPLATES.get_template(_in(language, f"{name}/{part}"))
        except TemplateNotFound as error:
            raise LookupError(f"{name} does not go by {medium}") from error
        return template.render(**said)

    message = Message(medium, to, reference, text="", valid_for=valid_for)
    if medium is Medium.VOICE:
        return replace(message, text=_flat(filled("voice.xml")))
    if medium is Medium.EMAIL:
        subject, text = _one_line(filled("email.subject.txt")), filled("email.txt").strip() + "\n"
        return replace(message, subject=subject, text=text, html=filled("email.html"))
    text = _one_line(to_gsm7(filled("sms.txt")))
    if segments(text) > MOST_SEGMENTS:
        raise DoesNotFit(f"{name}: {segments(text)} segments, {MOST_SEGMENTS} at most")
    return replace(message, text=text)


def keypad(
    answer: str,
    facts: Facts,
    *,
    attempts: int = 0,
    after: tuple[Cause, Facts] | None = None,
    language: str = "es",
) -> str:
    """Return the TwiML that answers a key, from templates/messages/keypad.

    `answer`: "accepted" (PIN right), "unsigned" (right, but the station asks for a signature), "wrong" (with `attempts`
    left), "locked", "already" (somebody else acknowledged), "heard" (a key without PIN: the chase goes on), "noted"
    (heard, and nothing is asked), "closed".
    `after` is the order with which the same call goes on: all that its own call would say, and its keys.
    "9" is answered with the call's own TwiML: render it again.
    """
    template = _TEMPLATES.get_template(_in(language, f"keypad/{answer}.xml"))
    following = _voice(*after, language) if after else ""
    said = Markup(following.removeprefix("<Response>").removesuffix("</Response>"))  # noqa: S704 - our own TwiML
    real = after is not None and facts.drill and not after[1].drill
    return _flat(template.render(facts=facts, attempts=attempts, after=said, real=real))


def sms_answer(
    answer: str,
    facts: Facts | None = None,
    *,
    attempts: int = 0,
    codes: tuple[str, ...] = (),
    language: str = "es",
) -> str:
    """Return the text that answers an SMS, from templates/messages/reply, GSM-7 and of two segments at most.

    `answer`: "accepted", "unsigned", "heard" (code without PIN), "wrong", "locked", "already", "refused", "closed",
    "stopped", "unknown" (a code that is not theirs) or "help" (with the `codes` that wait for whoever asks).
    All but the last two and "stopped" need the facts of the notice.
    """
    template = _TEMPLATES.get_template(_in(language, f"reply/{answer}.txt"))
    text = _one_line(to_gsm7(template.render(facts=facts, attempts=attempts, codes=codes)))
    if segments(text) > MOST_SEGMENTS:
        raise DoesNotFit(f"reply {answer}: {segments(text)} segments, {MOST_SEGMENTS} at most")
    return text


def reply_twiml(text: str) -> str:
    """Return the TwiML that answers an inbound SMS with a text, or with silence for an empty one."""
    return f"<Response><Message>{escape(text)}</Message></Response>" if text else "<Response/>"


def _filled(cause: Cause, part: str, facts: Facts, language: str) -> str:
    template = _TEMPLATES.get_template(_in(language, f"{cause}/{part}"))
    return template.render(facts=facts, alarm=alarm(facts.detail, language))


def _in(language: str, name: str) -> str:
    """The name of a template in a language: Spanish has the plain one, "sms.txt", beside it is "sms.en.txt"."""
    if language not in LANGUAGES:
        raise LookupError(f"no texts in {language!r}")
    stem, _, extension = name.rpartition(".")
    return name if language == "es" else f"{stem}.{language}.{extension}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _flat(twiml: str) -> str:
    """Without the white space between tags and inside sentences, which only costs characters."""
    return re.sub(r">\s+<", "><", _one_line(twiml))
