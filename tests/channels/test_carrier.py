"""The double behaves: what it posts passes our own checks, and its people can answer, press keys and be silent."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from amparo_notify.channels.callbacks import SendGridCallbacks, TwilioCallbacks, sendgrid_events
from amparo_notify.channels.local import LocalAccount, local_account
from amparo_notify.channels.rendering import Facts, keypad
from amparo_notify.channels.roads import build_local_providers
from amparo_notify.core.errors import ChannelError
from amparo_notify.core.notice import Medium, Status, rise
from amparo_notify.core.ports import Message, Provider, ProviderEvent
from amparo_notify.demo.carrier import Callbacks, Carrier
from amparo_notify.demo.carrier_book import Book, Line, Text
from amparo_notify.demo.carrier_server import CarrierServer
from amparo_notify.demo.carrier_wsgi import CarrierApp
from tests.channels.conftest import ADDRESS, NOW, PHONE, PUBLIC_URL, Clock, Service

Roads = Mapping[Medium, Provider]
Order = Mapping[Medium, Message]


def events(service: Service, account: LocalAccount) -> list[ProviderEvent]:
    """What came in and passes the checks, in order."""
    twilio = TwilioCallbacks(PUBLIC_URL, (account.auth_token,), account.account_sid)
    sendgrid = SendGridCallbacks(account.events_public_key)
    found: list[ProviderEvent] = []
    for url, headers, body in service.received:
        target = url.removeprefix(PUBLIC_URL)
        if urlsplit(url).path.startswith("/callbacks/sendgrid"):
            signature = headers["X-Twilio-Email-Event-Webhook-Signature"]
            if sendgrid.verify(body, signature, headers["X-Twilio-Email-Event-Webhook-Timestamp"]):
                found.extend(sendgrid_events(body))
        else:
            pairs = parse_qsl(body.decode(), keep_blank_values=True)
            if twilio.verify(target, pairs, headers["X-Twilio-Signature"]):
                found.append(twilio.event(target, dict(pairs)))
    return found


def statuses(service: Service, account: LocalAccount) -> list[Status]:
    return [event.status for event in events(service, account)]


def test_a_text_that_arrives_is_reported_sent_and_delivered(
    roads: Roads, order: Order, carrier: Carrier, service: Service, account: LocalAccount
) -> None:
    roads[Medium.SMS].send(order[Medium.SMS])
    carrier.deliver()
    assert statuses(service, account) == [Status.SENT, Status.DELIVERED]


def test_every_callback_carries_our_reference(
    roads: Roads, order: Order, carrier: Carrier, service: Service, account: LocalAccount
) -> None:
    for medium in Medium:
        roads[medium].send(order[medium])
    carrier.deliver()
    assert {event.reference for event in events(service, account)} == {"n1.2"}


def test_a_phone_that_is_off_is_reported_undelivered_with_its_code(
    roads: Roads, order: Order, carrier: Carrier, service: Service, account: LocalAccount
) -> None:
    carrier.set_line(PHONE, Line.OFF)
    roads[Medium.SMS].send(order[Medium.SMS])
    carrier.deliver()
    last = events(service, account)[-1]
    assert (last.status, last.detail) == (Status.UNDELIVERED, "undelivered 30003")


def test_a_mail_that_bounces_is_in_no_mailbox(
    roads: Roads, order: Order, carrier: Carrier, service: Service, account: LocalAccount
) -> None:
    carrier.set_line(ADDRESS, Line.BOUNCE)
    roads[Medium.EMAIL].send(order[Medium.EMAIL])
    carrier.deliver()
    assert (carrier.mails(ADDRESS), statuses(service, account)[-1]) == ((), Status.UNDELIVERED)


def test_a_call_rings_until_it_is_answered_and_then_asks_for_keys(
    roads: Roads, order: Order, carrier: Carrier
) -> None:
    sid = roads[Medium.VOICE].send(order[Medium.VOICE]).provider_id or ""
    assert carrier.calls(PHONE)[0].status == "ringing"
    call = carrier.answer(sid)
    assert call.asks
    assert "No ejecute el retorno" in call.spoken[0]


def test_keys_are_posted_to_the_calls_own_address_and_the_answer_is_heard(
    roads: Roads, order: Order, carrier: Carrier, service: Service, account: LocalAccount, facts: Facts
) -> None:
    sid = roads[Medium.VOICE].send(order[Medium.VOICE]).provider_id or ""
    carrier.answer(sid)
    service.answer = keypad("accepted", facts).encode()
    call = carrier.press(sid, "123456#")
    assert service.received[-1][0] == f"{PUBLIC_URL}/callbacks/twilio/voice?ref=n1.2"
    assert statuses(service, account)[-1] is Status.HEARD
    assert call.spoken[-2].startswith("Queda registrado")


def test_a_wrong_pin_is_asked_again_in_the_same_call(
    roads: Roads, order: Order, carrier: Carrier, service: Service, facts: Facts
) -> None:
    sid = roads[Medium.VOICE].send(order[Medium.VOICE]).provider_id or ""
    carrier.answer(sid)
    service.answer = keypad("wrong", facts, attempts=2).encode()
    assert carrier.press(sid, "000000").asks


def test_a_call_in_which_nobody_presses_a_key_ends_unheard(
    roads: Roads, order: Order, carrier: Carrier, service: Service, account: LocalAccount
) -> None:
    sid = roads[Medium.VOICE].send(order[Medium.VOICE]).provider_id or ""
    carrier.answer(sid)
    assert carrier.wait_out(sid).status == "completed"
    carrier.deliver()
    assert Status.HEARD not in statuses(service, account)


def test_a_machine_that_takes_a_call_leaves_it_unreached_in_whatever_order_the_words_come(
    roads: Roads, order: Order, carrier: Carrier, service: Service, account: LocalAccount
) -> None:
    carrier.set_line(PHONE, Line.VOICEMAIL)
    roads[Medium.VOICE].send(order[Medium.VOICE])
    carrier.deliver()
    status = Status.ATTEMPTED
    for one in statuses(service, account):
        status = rise(status, one)
    assert status is Status.UNDELIVERED


def test_a_call_that_nobody_answers_rings_out(
    roads: Roads, order: Order, carrier: Carrier, clock: Clock, service: Service, account: LocalAccount
) -> None:
    roads[Medium.VOICE].send(order[Medium.VOICE])
    clock.pass_by(41)
    carrier.tick()
    assert (carrier.calls(PHONE)[0].status, statuses(service, account)[-1]) == (
        "no-answer",
        Status.UNDELIVERED,
    )


def test_when_our_service_fails_a_caller_hears_an_apology(
    roads: Roads, order: Order, carrier: Carrier, service: Service
) -> None:
    sid = roads[Medium.VOICE].send(order[Medium.VOICE]).provider_id or ""
    carrier.answer(sid)
    service.down = True
    assert "application error" in carrier.press(sid, "123456").spoken[-1]


def test_a_reply_is_posted_and_its_answer_is_on_the_phone(carrier: Carrier, service: Service) -> None:
    service.answer = b"<Response><Message>Registrado.</Message></Response>"
    assert carrier.reply(PHONE, "ENTERADO K7QF 123456") == ("Registrado.",)
    assert [one.body for one in carrier.texts(PHONE)] == ["ENTERADO K7QF 123456", "Registrado."]


def test_a_phone_that_answers_stop_takes_no_more_texts(roads: Roads, order: Order, carrier: Carrier) -> None:
    carrier.reply(PHONE, "Alto")
    with pytest.raises(ChannelError, match="21610"):
        roads[Medium.SMS].send(order[Medium.SMS])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Callbacks.NONE, []),
        (Callbacks.LATE, []),
        (Callbacks.DUPLICATED, [Status.SENT] * 2 + [Status.DELIVERED] * 2),
        (Callbacks.REORDERED, [Status.DELIVERED, Status.SENT]),
        (Callbacks.FORGED, []),
        (Callbacks.EARLY, [Status.SENT, Status.DELIVERED]),
    ],
)
def test_bad_days_of_the_carriers(
    mode: Callbacks, expected: list[Status], roads: Roads, order: Order, carrier: Carrier, service: Service,
    account: LocalAccount,
) -> None:  # fmt: skip
    carrier.callbacks = mode
    roads[Medium.SMS].send(order[Medium.SMS])
    carrier.deliver()
    assert sorted(statuses(service, account)) == sorted(expected)


def test_late_callbacks_come_when_they_are_let_go(
    roads: Roads, order: Order, carrier: Carrier, service: Service, account: LocalAccount
) -> None:
    carrier.callbacks = Callbacks.LATE
    roads[Medium.SMS].send(order[Medium.SMS])
    carrier.deliver()
    carrier.deliver(late=True)
    assert statuses(service, account) == [Status.SENT, Status.DELIVERED]


def test_a_callback_that_our_service_could_not_take_is_posted_again(
    roads: Roads, order: Order, carrier: Carrier, service: Service, account: LocalAccount
) -> None:
    service.down = True
    roads[Medium.SMS].send(order[Medium.SMS])
    carrier.deliver()
    service.down = False
    carrier.tick()
    assert statuses(service, account) == [Status.SENT, Status.DELIVERED]


def test_phones_and_mailboxes_survive_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "carrier.sqlite")
    before = Book(path)
    before.save(Text("SM1", PHONE, "hola", NOW))
    before.close()
    assert Book(path).all(Text) == (Text("SM1", PHONE, "hola", NOW),)


def test_a_stranger_without_the_key_sends_nothing(roads: Roads, order: Order, carrier: Carrier) -> None:
    carrier.auth_token = "another"
    with pytest.raises(ChannelError, match="20003"):
        roads[Medium.SMS].send(order[Medium.SMS])


def test_the_local_account_comes_from_its_secret_alone() -> None:
    one, same, other = (local_account(secret) for secret in (b"a", b"a", b"b"))
    assert (one.auth_token, one.events_public_key) == (same.auth_token, same.events_public_key)
    assert one.auth_token != other.auth_token


def test_a_secret_is_not_shown_with_its_account() -> None:
    account = local_account(b"a")
    assert account.auth_token not in repr(account)


def test_the_batches_of_sendgrid_are_json(
    roads: Roads, order: Order, carrier: Carrier, service: Service
) -> None:
    roads[Medium.EMAIL].send(order[Medium.EMAIL])
    carrier.deliver()
    words = [json.loads(body)[0]["event"] for _, _, body in service.received]
    assert words == ["processed", "delivered"]


def test_the_embedded_defaults_roads_find_the_double_under_our_own_address(
    carrier: Carrier, account: LocalAccount, order: Order
) -> None:
    mounted = DispatcherMiddleware(NotFound(), {"/demo/carrier": CarrierApp(carrier)})  # type: ignore[dict-item]
    with CarrierServer(carrier, app=mounted) as server:
        for medium, (road,) in build_local_providers(account, public_url=server.url).items():
            road.send(order[medium])
    assert (len(carrier.texts(PHONE)), len(carrier.calls(PHONE)), len(carrier.mails(ADDRESS))) == (1, 1, 1)


def test_the_double_reports_by_itself_once_started(
    roads: Roads, order: Order, carrier: Carrier, service: Service
) -> None:
    roads[Medium.SMS].send(order[Medium.SMS])
    carrier.start(every=0.01)
    assert service.heard.wait(timeout=5)
