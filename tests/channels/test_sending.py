"""The real SDKs against the double over HTTP: what they ask for, and what each answer means."""

import logging
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from amparo_notify.channels.roads import build_providers
from amparo_notify.channels.smtp import SmtpEmail
from amparo_notify.channels.twilio import TwilioSms, connect
from amparo_notify.channels.twilio_words import DEAD_ADDRESS, OURS_TO_MEND
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium, Status
from amparo_notify.core.ports import Message, Provider
from amparo_notify.demo import faults
from amparo_notify.demo.carrier import Carrier
from amparo_notify.demo.carrier_book import Line
from amparo_notify.demo.carrier_server import CarrierServer
from amparo_notify.demo.faults import Fault
from tests.channels.conftest import ADDRESS, PHONE, PUBLIC_URL, Clock

Roads = Mapping[Medium, Provider]
Order = Mapping[Medium, Message]
CALLBACK = f"{PUBLIC_URL}/callbacks/twilio/status?ref=n1.2"
ROAD = {Medium.SMS: "sms", Medium.VOICE: "voice", Medium.EMAIL: "email"}


def refusal(provider: Provider, message: Message) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        provider.send(message)
    return caught.value


@pytest.mark.parametrize("medium", Medium)
def test_what_is_sent_arrives_whole(medium: Medium, roads: Roads, order: Order, carrier: Carrier) -> None:
    sent = roads[medium].send(order[medium])
    arrived = {
        Medium.SMS: [one.body for one in carrier.texts(PHONE)],
        Medium.VOICE: [one.twiml for one in carrier.calls(PHONE)],
        Medium.EMAIL: [one.text for one in carrier.mails(ADDRESS)],
    }
    assert (arrived[medium], sent.status) == ([order[medium].text], Status.ACCEPTED)


def test_a_text_says_when_it_goes_stale_and_where_its_fate_is_told(
    roads: Roads, order: Order, carrier: Carrier
) -> None:
    roads[Medium.SMS].send(order[Medium.SMS])
    (_, _, form) = carrier.requests[-1]
    assert form == {
        "To": [PHONE],
        "From": ["+525500000000"],
        "Body": [order[Medium.SMS].text],
        "StatusCallback": [CALLBACK],
        "ValidityPeriod": ["90"],
    }


def test_a_call_carries_its_words_and_asks_for_every_event(
    roads: Roads, order: Order, carrier: Carrier
) -> None:
    roads[Medium.VOICE].send(order[Medium.VOICE])
    (_, _, form) = carrier.requests[-1]
    assert form == {
        "To": [PHONE],
        "From": ["+525500000001"],
        "Twiml": [order[Medium.VOICE].text],
        "StatusCallback": [CALLBACK],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "StatusCallbackMethod": ["POST"],
        "Timeout": ["40"],
        "MachineDetection": ["Enable"],
        "AsyncAmd": ["true"],
        "AsyncAmdStatusCallback": [CALLBACK],
        "AsyncAmdStatusCallbackMethod": ["POST"],
    }


def test_a_mail_carries_its_reference_and_is_not_tracked(
    roads: Roads, order: Order, carrier: Carrier
) -> None:
    roads[Medium.EMAIL].send(order[Medium.EMAIL])
    (_, _, body) = carrier.requests[-1]
    assert body["personalizations"] == [{"to": [{"email": ADDRESS}], "custom_args": {"reference": "n1.2"}}]
    assert {name: one["enable"] for name, one in body["tracking_settings"].items()} == {
        "click_tracking": False,
        "open_tracking": False,
        "subscription_tracking": False,
        "ganalytics": False,
    }


def test_a_mail_goes_to_whoever_once_bounced_or_complained(
    roads: Roads, order: Order, carrier: Carrier
) -> None:
    roads[Medium.EMAIL].send(order[Medium.EMAIL])
    assert carrier.requests[-1][2]["mail_settings"] == {"bypass_list_management": {"enable": True}}


@pytest.mark.parametrize(("seconds", "period"), [(1, "5"), (90, "90"), (100_000, "36000")])
def test_a_text_is_valid_within_what_twilio_takes(
    seconds: int, period: str, roads: Roads, facts: object, carrier: Carrier
) -> None:
    roads[Medium.SMS].send(Message(Medium.SMS, PHONE, "n1.2", "hola", valid_for=seconds))
    assert carrier.requests[-1][2]["ValidityPeriod"] == [period]


def test_a_messaging_service_may_stand_in_for_a_number(
    server: CarrierServer, account: object, carrier: Carrier
) -> None:
    service = connect(carrier.account_sid, carrier.auth_token, PUBLIC_URL, api_url=server.url)
    TwilioSms(service, messaging_service_sid="MG" + "0" * 32).send(Message(Medium.SMS, PHONE, "n1.2", "hola"))
    assert "From" not in carrier.requests[-1][2]


@pytest.mark.parametrize("medium", Medium)
@pytest.mark.parametrize(
    ("fault", "permanent", "unknown"),
    [
        (faults.busy(429), False, False),
        (faults.busy(500), False, False),
        (faults.busy(503), False, False),
        (faults.busy(504), False, True),
        (faults.refuse(20003, 401), False, False),
        (faults.refuse(21408, 403), False, False),
        (faults.reset(accepted=False), False, True),
        (faults.reset(accepted=True), False, True),
        (faults.garbage(accepted=False), False, True),
        (faults.garbage(accepted=True), False, True),
    ],
)
def test_each_fault_is_known_for_what_it_is(
    medium: Medium, fault: Fault, permanent: bool, unknown: bool, roads: Roads, order: Order, carrier: Carrier
) -> None:
    carrier.faults.add(ROAD[medium], fault)
    error = refusal(roads[medium], order[medium])
    assert (error.permanent, error.unknown) == (permanent, unknown)


@pytest.mark.parametrize("medium", Medium)
@pytest.mark.parametrize("accepted", [True, False])
def test_a_provider_that_does_not_answer_leaves_it_in_doubt(
    medium: Medium, accepted: bool, impatient: Roads, order: Order, carrier: Carrier
) -> None:
    carrier.faults.add(ROAD[medium], faults.hang(accepted=accepted))
    error = refusal(impatient[medium], order[medium])
    assert (error.permanent, error.unknown) == (False, True)


@pytest.mark.parametrize("medium", Medium)
def test_a_refused_connection_is_safe_to_repeat(
    medium: Medium, roads: Roads, order: Order, server: CarrierServer
) -> None:
    roads[medium].send(order[medium])
    server.refuse()
    error = refusal(roads[medium], order[medium])
    assert (error.permanent, error.unknown) == (False, False)


@pytest.mark.parametrize("medium", Medium)
def test_a_provider_that_is_back_takes_messages_again(
    medium: Medium, roads: Roads, order: Order, server: CarrierServer
) -> None:
    server.refuse()
    refusal(roads[medium], order[medium])
    server.accept()
    assert roads[medium].send(order[medium]).status is Status.ACCEPTED


@pytest.mark.parametrize("medium", Medium)
def test_the_wait_that_a_provider_asks_for_is_passed_on(
    medium: Medium, roads: Roads, order: Order, carrier: Carrier
) -> None:
    carrier.faults.add(ROAD[medium], faults.busy(429, retry_after=7))
    assert refusal(roads[medium], order[medium]).retry_after == 7


@pytest.mark.parametrize("code", [*map(int, DEAD_ADDRESS)])
def test_only_codes_that_condemn_the_number_condemn_it(
    code: int, roads: Roads, order: Order, carrier: Carrier
) -> None:
    carrier.faults.add("sms", faults.refuse(code))
    assert refusal(roads[Medium.SMS], order[Medium.SMS]).permanent


@pytest.mark.parametrize(
    "code", [*map(int, OURS_TO_MEND), 20404, 20429, 20500, 21611, 30001, 30003, 30004, 30008, 30022, 99999]
)
def test_an_account_at_fault_never_condemns_a_number(
    code: int, roads: Roads, order: Order, carrier: Carrier
) -> None:
    carrier.faults.add("sms", faults.refuse(code))
    assert not refusal(roads[Medium.SMS], order[Medium.SMS]).permanent


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
def test_a_wrong_token_is_said_in_words_and_condemns_nobody(
    medium: Medium, server: CarrierServer, carrier: Carrier, order: Order
) -> None:
    roads = build_providers(
        public_url=PUBLIC_URL, twilio_account_sid=carrier.account_sid, twilio_auth_token="wrong",
        twilio_from="+525500000000", twilio_api_url=server.url,
    )  # fmt: skip
    error = refusal(roads[medium][0], order[medium])
    assert (error.permanent, error.unknown) == (False, False)
    assert error.reason == "twilio: 20003 authentication: the account's SID or token is wrong"


@pytest.mark.parametrize("http", [400, 401, 403, 404, 405, 413, 415])
def test_a_refusal_of_sendgrids_that_names_no_recipient_condemns_nobody(
    http: int, roads: Roads, order: Order, carrier: Carrier
) -> None:
    carrier.faults.add("email", faults.refuse(0, http, field="from"))
    error = refusal(roads[Medium.EMAIL], order[Medium.EMAIL])
    assert (error.permanent, error.unknown) == (False, False)


def test_a_redirect_is_not_followed_with_our_key_in_hand(
    roads: Roads, order: Order, carrier: Carrier
) -> None:
    carrier.faults.add("email", faults.refuse(0, 302))
    assert refusal(roads[Medium.EMAIL], order[Medium.EMAIL]).reason == "sendgrid: HTTP 302"


def test_a_landline_takes_no_text_ever(roads: Roads, order: Order, carrier: Carrier) -> None:
    carrier.set_line(PHONE, Line.LANDLINE)
    assert refusal(roads[Medium.SMS], order[Medium.SMS]).reason.startswith("twilio: 21614")


def test_an_address_that_is_none_is_permanent(roads: Roads, carrier: Carrier) -> None:
    error = refusal(roads[Medium.EMAIL], Message(Medium.EMAIL, "nadie", "n1.2", "hola", "asunto"))
    assert error.permanent


@pytest.mark.parametrize("medium", Medium)
def test_an_error_names_no_phone_and_no_address(
    medium: Medium, roads: Roads, order: Order, server: CarrierServer
) -> None:
    server.refuse()
    error = refusal(roads[medium], order[medium])
    assert PHONE.strip("+") not in error.reason
    assert ADDRESS not in error.reason


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
def test_in_doubt_what_was_taken_is_found_again(
    medium: Medium, roads: Roads, impatient: Roads, order: Order, carrier: Carrier, clock: Clock
) -> None:
    carrier.faults.add(ROAD[medium], faults.hang(accepted=True))
    refusal(impatient[medium], order[medium])
    assert roads[medium].find(order[medium], clock()) is not None


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
def test_in_doubt_what_was_not_taken_is_not_found(
    medium: Medium, roads: Roads, impatient: Roads, order: Order, carrier: Carrier, clock: Clock
) -> None:
    carrier.faults.add(ROAD[medium], faults.hang(accepted=False))
    refusal(impatient[medium], order[medium])
    assert roads[medium].find(order[medium], clock()) is None


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
def test_what_was_sent_in_an_earlier_round_is_not_taken_for_this_one(
    medium: Medium, roads: Roads, order: Order, clock: Clock
) -> None:
    roads[medium].send(order[medium])
    assert roads[medium].find(order[medium], clock() + timedelta(minutes=5)) is None


def test_a_text_about_another_order_is_not_taken_for_this_one(
    roads: Roads, order: Order, clock: Clock
) -> None:
    roads[Medium.SMS].send(Message(Medium.SMS, PHONE, "n9.1", "AMPARO 99/2025"))
    assert roads[Medium.SMS].find(order[Medium.SMS], clock()) is None


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
def test_the_provider_can_be_asked_what_became_of_a_message(
    medium: Medium, roads: Roads, order: Order, carrier: Carrier
) -> None:
    carrier.set_line(PHONE, Line.OFF)
    sent = roads[medium].send(order[medium])
    assert roads[medium].status(sent.provider_id or "", medium) is Status.UNDELIVERED


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
def test_a_message_that_the_provider_does_not_know_has_no_status(medium: Medium, roads: Roads) -> None:
    assert roads[medium].status("SM" + "0" * 32, medium) is None


def test_credentials_that_are_missing_leave_a_road_closed() -> None:
    assert not any(build_providers(public_url=PUBLIC_URL).values())


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25"])
def test_a_mail_server_must_be_one(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        SmtpEmail(url, sender="a@b.example")


def test_a_mail_server_that_refuses_connections_is_safe_to_repeat(order: Order) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        road = SmtpEmail(f"smtp://127.0.0.1:{taken.getsockname()[1]}", sender="a@b.example")
        assert not refusal(road, order[Medium.EMAIL]).unknown


@pytest.mark.parametrize(
    "number", ["+15005550006", "+5255000012", "+5215500001234", "5500001234", "+52900", ""]
)
@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
def test_only_mexican_numbers_are_ever_called(
    medium: Medium, number: str, roads: Roads, carrier: Carrier
) -> None:
    assert refusal(roads[medium], Message(medium, number, "n1.2", "<Response/>")).permanent
    assert not carrier.requests


@pytest.mark.parametrize("medium", Medium)
def test_no_log_at_any_level_names_a_phone_or_an_address(
    medium: Medium, roads: Roads, order: Order, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    roads[medium].send(order[medium])
    roads[medium].find(order[medium], clock())
    assert not [one for one in caplog.messages if PHONE.strip("+") in one or ADDRESS in one]


def test_many_senders_share_one_client(roads: Roads, carrier: Carrier) -> None:
    texts = [Message(Medium.SMS, PHONE, f"n{number}.1", f"hola {number}") for number in range(128)]
    with ThreadPoolExecutor(64) as senders:
        sent = list(senders.map(roads[Medium.SMS].send, texts))
    assert len({one.provider_id for one in sent}) == len(carrier.texts(PHONE)) == 128


def test_a_call_placed_for_another_order_is_not_taken_for_this_one(
    roads: Roads, order: Order, clock: Clock
) -> None:
    roads[Medium.VOICE].send(order[Medium.VOICE])
    assert roads[Medium.VOICE].find(order[Medium.VOICE], clock()) is None
