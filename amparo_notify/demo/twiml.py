"""Follows TwiML as a phone would: what is said, what keys are asked for, what comes after."""

from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True)
class Heard:
    """One run of TwiML up to where it asks for keys or ends."""

    spoken: tuple[str, ...]
    action: str = ""  # empty: the call ends here
    most_keys: int = 0
    finish: str = "#"
    rest: str = ""


def follow(twiml: str) -> Heard:
    """Run TwiML. Raises ValueError for what is not TwiML (Twilio's error 12100)."""
    spoken: list[str] = []
    verbs = list(_response(twiml))
    for place, verb in enumerate(verbs):
        if verb.tag == "Say":
            spoken.append(_words(verb))
        elif verb.tag == "Gather":
            spoken.extend(_words(one) for one in verb.iter("Say"))
            rest = "".join(ElementTree.tostring(one, encoding="unicode") for one in verbs[place + 1 :])
            most = int(verb.get("numDigits", "0"))
            finish = verb.get("finishOnKey", "#")
            return Heard(tuple(spoken), verb.get("action", ""), most, finish, f"<Response>{rest}</Response>")
        elif verb.tag == "Hangup":
            break
        elif verb.tag != "Pause":
            raise ValueError(f"TwiML verb {verb.tag} is not known here")
    return Heard(tuple(spoken))


def messages(answer: bytes) -> tuple[str, ...]:
    """Texts with which a webhook answers an inbound SMS: TwiML Message verbs, or plain text as it is."""
    text = answer.decode("utf-8").strip()
    if not text.startswith("<"):
        return (text,) if text else ()
    return tuple(_words(verb) for verb in _response(text) if verb.tag == "Message")


def _response(twiml: str) -> ElementTree.Element:
    try:
        root = ElementTree.fromstring(twiml)  # noqa: S314 (our own TwiML, in our own demonstration)
    except ElementTree.ParseError as fault:
        raise ValueError(f"not TwiML: {fault}") from fault
    if root.tag != "Response":
        raise ValueError("TwiML starts with Response")
    return root


def _words(verb: ElementTree.Element) -> str:
    return " ".join("".join(verb.itertext()).split())
