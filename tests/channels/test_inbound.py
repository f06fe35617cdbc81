"""What people texted us, as the real SDK reads it from the list that Twilio publishes."""

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from amparo_notify.channels import twilio_inbound
from amparo_notify.channels.callbacks import understood
from amparo_notify.channels.local import LocalAccount
from amparo_notify.channels.twilio import connect
from amparo_notify.channels.twilio_inbound import TwoWaySms
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium
from amparo_notify.core.ports import Inbox, Message, Provider, ReceivedText
from amparo_notify.demo.carrier import Carrier
from amparo_notify.demo.carrier_book import Text, new_id
from amparo_notify.demo.carrier_server import CarrierServer
from amparo_notify.demo.carrier_wsgi import CarrierApp
from tests.channels import published
from tests.channels.conftest import NOW, PHONE, PUBLIC_URL, Clock, Service
from tests.channels.tap import Tap, wrong

SERVICE = "MG" + "0" * 32
LONG_AGO = NOW - timedelta(days=2)


def at(url: str, account: LocalAccount, **named: str) -> TwoWaySms:
    own = connect(account.account_sid, account.auth_token, PUBLIC_URL, api_url=url)
    return TwoWaySms(own, **(named or {"sender": account.sms_from}))


@pytest.fixture
def inbox(tapped: CarrierServer, account: LocalAccount) -> TwoWaySms:
    return at(tapped.url, account)


def arrive(carrier: Carrier, count: int, **changes: Any) -> None:
    """Let texts come in, one a second."""
    for number in range(count):
        text = Text(
            new_id("SM"),
            PHONE,
            f"texto {number}",
            NOW + timedelta(seconds=number),
            True,
            carrier.number,
            "received",
        )
        carrier.book.save(replace(text, **changes))


def said(texts: Iterable[ReceivedText]) -> list[str]:
    return [each.body for each in texts]


def test_a_text_is_read_as_the_door_would_have_been_given_it(
    inbox: TwoWaySms, carrier: Carrier, clock: Clock
) -> None:
    carrier.door_open = False
    carrier.reply(PHONE, "Enterado k7qf 123456")
    (text,) = inbox.received(clock() - timedelta(minutes=1))
    meant = understood(text)
    assert (meant.sender, meant.reply.pin, meant.sent_at) == (PHONE, "123456", NOW)
    assert meant.raw["Body"] == "Enterado k7qf [NIP]"
    assert "123456" not in repr((text, meant))


def test_the_way_that_configuration_builds_reads_and_mail_does_not(
    roads: Mapping[Medium, Provider],
) -> None:
    assert [medium for medium, road in roads.items() if isinstance(road, Inbox)] == [Medium.SMS]


def test_what_is_asked_and_answered_is_as_published(
    inbox: TwoWaySms, tapped: CarrierServer, account: LocalAccount, tap: Tap, carrier: Carrier
) -> None:
    arrive(carrier, 3)
    assert len(inbox.received(LONG_AGO)) == 3
    assert len(at(tapped.url, account, messaging_service_sid=SERVICE).received(LONG_AGO)) == 3
    assert wrong(tap) == []
    listed, senders, _, _ = (json.loads(answer) for _, answer in tap.answers)
    assert [published.answer_faults(published.MESSAGE, each) for each in listed.pop("messages")] == [[]] * 3
    assert published.answer_faults(published.PAGE, listed) == []
    assert [published.answer_faults(published.PHONE_NUMBER, each) for each in senders["phone_numbers"]] == [
        []
    ]
    assert published.answer_faults(published.META, senders["meta"]) == []


def test_only_days_that_may_hold_something_new_are_asked_for(inbox: TwoWaySms, tap: Tap) -> None:
    inbox.received(NOW.replace(hour=0, minute=4) - timedelta(minutes=10))
    assert "DateSent%3E=2026-11-20" in tap.requests[0].query


def test_a_list_of_several_pages_is_read_to_its_end_oldest_first(
    inbox: TwoWaySms, tap: Tap, carrier: Carrier
) -> None:
    count = 2 * twilio_inbound.PAGE + 1
    arrive(carrier, count)
    assert said(inbox.received(LONG_AGO)) == [f"texto {number}" for number in range(count)]
    assert wrong(tap) == []
    assert len(tap.requests) == 3


def test_a_list_is_read_no_further_than_where_it_is_old(inbox: TwoWaySms, tap: Tap, carrier: Carrier) -> None:
    arrive(carrier, 3 * twilio_inbound.PAGE)
    newest = NOW + timedelta(seconds=3 * twilio_inbound.PAGE - 2)
    assert len(inbox.received(newest)) == 2
    assert len(tap.requests) == 2  # the second page is old from its beginning to its end


def test_a_text_that_comes_between_two_pages_hides_no_other(
    tap: Tap, carrier: Carrier, account: LocalAccount
) -> None:
    arrive(carrier, twilio_inbound.PAGE + 1)
    seen = itertools.count()

    def busy(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = tap(environ, start_response)
        if next(seen) == 0:
            carrier.book.save(Text(new_id("SM"), PHONE, "uno más", NOW, True, carrier.number, "received"))
        return answer

    with CarrierServer(carrier, app=busy) as server:
        texts = said(at(server.url, account).received(LONG_AGO))
    assert set(texts) >= {f"texto {number}" for number in range(twilio_inbound.PAGE + 1)}
    assert len(texts) == len(set(texts))


def test_a_messaging_service_is_read_at_each_of_its_numbers_which_are_asked_for_once_an_hour(
    account: LocalAccount, service: Service, clock: Clock
) -> None:
    numbers = ("+525500000010", "+525500000011")
    carrier = Carrier(
        account_sid=account.account_sid, auth_token=account.auth_token, api_key=account.api_key,
        events_key=account.events_key, public_url=PUBLIC_URL, clock=clock, post=service, numbers=numbers,
    )  # fmt: skip
    carrier.door_open = False
    for number in (*numbers, "+525500000012"):
        carrier.reply(PHONE, number, to=number)
    tap = Tap(CarrierApp(carrier))
    with CarrierServer(carrier, app=tap) as server:
        inbox = at(server.url, account, messaging_service_sid=SERVICE)
        assert said(inbox.received(LONG_AGO)) == list(numbers)
        assert said(inbox.received(LONG_AGO)) == list(numbers)
    carrier.stop()
    assert len([each for each in tap.requests if "/PhoneNumbers" in each.path]) == 1


def test_the_senders_of_a_service_are_asked_for_at_the_messaging_api_of_the_same_region(
    account: LocalAccount,
) -> None:
    inbox = at("https://api.sydney.au1.twilio.com", account, messaging_service_sid=SERVICE)
    assert inbox._account.client.messaging.base_url == "https://messaging.sydney.au1.twilio.com"


ODD: Mapping[str, Mapping[str, Any]] = {
    "one that we sent": {"inbound": False},
    "one that we sent to ourselves": {"inbound": False, "phone": "+525500000000"},
    "one to another number": {"sender": "+525500000777"},
    "one that is still coming in": {"status": "receiving"},
    "one from another channel": {"phone": "whatsapp:+525500001234"},
    "one from nobody": {"phone": ""},
    "one without an id of Twilio's": {"sid": "SM1"},
    "one from yesterday": {"at": NOW - timedelta(days=1)},
}


@pytest.mark.parametrize("how", ODD)
def test_what_is_no_new_text_to_us_is_left_out(how: str, inbox: TwoWaySms, carrier: Carrier) -> None:
    arrive(carrier, 1, **ODD[how])
    arrive(carrier, 1)
    assert said(inbox.received(NOW - timedelta(minutes=1))) == ["texto 0"]


class Spoilt:
    """The double, with each page changed on its way."""

    def __init__(self, carrier: Carrier, change: Any) -> None:
        self.inner, self.change = CarrierApp(carrier), change

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [each for each in headers if each[0] != "Content-Length"])

        page = json.loads(b"".join(self.inner(environ, begin)))
        self.change(page)
        return [json.dumps(page).encode()]


def spoil(name: str, value: object) -> Any:
    return lambda page: page["messages"][0].update({name: value})


GARBAGE: Mapping[str, Any] = {
    "it leads in a circle": lambda page: page.update(next_page_uri=page["uri"]),
    "it is no list": lambda page: page.update(messages=7),
    "there is none": lambda page: page.pop("messages"),
    "an entry is no object": lambda page: page.update(messages=["x"]),
    "a date is a number": spoil("date_sent", 5),
}


@pytest.mark.parametrize("how", GARBAGE)
def test_a_list_that_makes_no_sense_is_a_fault_and_no_list(
    how: str, carrier: Carrier, account: LocalAccount
) -> None:
    arrive(carrier, 2)
    with (
        CarrierServer(carrier, app=Spoilt(carrier, GARBAGE[how])) as server,
        pytest.raises(ChannelError),
    ):
        at(server.url, account).received(LONG_AGO)


STRANGE = [
    ("date_sent", None), ("date_sent", "ayer"), ("account_sid", "AC" + "9" * 32), ("direction", "inward"), ("to", 7),
    ("from", {}), ("sid", None), ("body", 7),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), STRANGE)
def test_an_entry_that_makes_no_sense_is_left_out_and_the_others_are_read(
    name: str, value: object, carrier: Carrier, account: LocalAccount
) -> None:
    arrive(carrier, 2)
    with CarrierServer(carrier, app=Spoilt(carrier, spoil(name, value))) as server:
        assert said(at(server.url, account).received(LONG_AGO)) == ["texto 0"]


def test_a_text_without_words_is_a_text(carrier: Carrier, account: LocalAccount) -> None:
    arrive(carrier, 1)
    with CarrierServer(carrier, app=Spoilt(carrier, spoil("body", None))) as server:
        assert said(at(server.url, account).received(LONG_AGO)) == [""]


def test_whoever_has_not_the_accounts_token_reads_nothing(
    tapped: CarrierServer, account: LocalAccount, carrier: Carrier
) -> None:
    arrive(carrier, 1)
    with pytest.raises(ChannelError, match="20003"):
        at(tapped.url, replace(account, auth_token="f" * 32)).received(LONG_AGO)


def test_looking_for_a_message_of_ours_finds_no_text_of_theirs(
    inbox: TwoWaySms, carrier: Carrier, clock: Clock
) -> None:
    carrier.door_open = False
    carrier.reply(PHONE, "hola")
    since: datetime = clock() - timedelta(minutes=1)
    assert inbox.find(Message(Medium.SMS, PHONE, "n1.2", "hola"), since) is None
