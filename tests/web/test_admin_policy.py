"""Policies by form: what it means, what a change says, and that nothing is saved before it was reviewed."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from amparo_notify.cases import manage
from amparo_notify.cases.services import OPERATOR
from amparo_notify.core.errors import Invalid
from amparo_notify.core.notice import Medium
from amparo_notify.core.policy import DEFAULT_POLICY, Level, Policy, Target
from amparo_notify.demo import data
from amparo_notify.web.admin_policy_form import Form, fields, numbers, offered, read
from amparo_notify.web.admin_policy_words import differences
from tests.web.desk import Browser, Desk
from tests.web.test_admin_forms import roster

PATH = "/admin/estaciones/MEX-T1/politica"


def changed(policy: Policy = data.POLICY, **changes: str | list[str]) -> Form:
    """The form of a policy with some fields changed."""
    form = MultiDict(fields(policy))
    for name, value in changes.items():
        form.setlist(name, value if isinstance(value, list) else [value])
    return form


def wrong(form: Form) -> set[str]:
    """The fields that a form is refused by."""
    with pytest.raises(Invalid) as refused:
        read(form)
    return {fault.field for fault in refused.value.faults}


# -- the form, away from any page ---------------------------------------------------------------------------

TARGETS = (
    Target("rotation", "agentes"),
    Target("post", "titular: suplente"),
    Target("headquarters"),
    Target("court"),
)
levels = st.builds(
    lambda targets, media, delay: Level(
        (*targets, Target("court")), tuple(m for m in Medium if m in media), delay
    ),
    st.lists(st.sampled_from(TARGETS[:3]), unique=True).map(tuple),
    st.sets(st.sampled_from(Medium), min_size=1),
    st.integers(0, 86_400),
)


@given(st.lists(levels, min_size=1, max_size=8), st.integers(1, 86_400), st.sampled_from(["A2", "A3"]))
def test_the_form_of_a_policy_means_that_policy(made: list[Level], repeat: int, grade: str) -> None:
    policy = Policy((replace(made[0], delay=0), *made[1:]), repeat, required_grade=grade)
    assert read(fields(policy)) == policy


def test_everything_wrong_with_a_policy_is_said_at_once_by_its_field() -> None:
    form = changed(
        repeat_after="pronto", required_grade="A0", **{"level-1-delay": "1:75", "level-2-medium": []}
    )
    assert wrong(form) == {"repeat_after", "required_grade", "level-1-delay", "level-2"}


def test_a_policy_without_a_way_out_is_refused() -> None:
    assert wrong(changed(**{"level-2-target": ["post:titular"], "level-3-drop": "1"})) == {"levels"}


def test_a_level_that_is_dropped_is_gone_and_the_next_one_is_the_first() -> None:
    policy = read(changed(**{"level-0-drop": "1"}))
    assert [level.targets for level in policy.levels] == [level.targets for level in data.POLICY.levels[1:]]
    assert policy.levels[0].delay == 0


def test_minutes_alone_are_understood() -> None:
    assert read(changed(repeat_after="4")).repeat_after == 240


def test_one_more_level_to_fill_in_comes_after_the_others() -> None:
    assert numbers(fields(data.POLICY), more=True) == [0, 1, 2, 3, 4]
    assert numbers(MultiDict()) == [0]


def test_a_rotation_that_is_no_longer_there_stays_in_the_form_and_says_so() -> None:
    form = changed(**{"level-0-target": ["rotation:antigua"]})
    assert ("rotation:antigua", Target("rotation", "antigua"), False) in offered(roster(), form)


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (replace(data.POLICY, repeat_after=300), "Se repite, tras el último nivel: 3 min → 5 min."),
        (
            replace(data.POLICY, required_grade="A3"),
            "Para dejar de avisar: acuse firmado con la llave del teléfono.",
        ),
        (
            replace(data.POLICY, levels=data.POLICY.levels[:3]),
            "Se quita el nivel 4: 1 min después: Contactos del juzgado (SMS, Correo).",
        ),
        (
            replace(data.POLICY, levels=(*data.POLICY.levels, Level((Target("court"),), (Medium.SMS,), 120))),
            "Nivel 5, nuevo: 2 min después: Contactos del juzgado (SMS).",
        ),
        (
            replace(data.POLICY, levels=(replace(data.POLICY.levels[0], media=()), *data.POLICY.levels[1:])),
            "Nivel 1: al instante: De turno en agentes (SMS, Llamada, Correo) "
            "→ al instante: De turno en agentes (ningún medio).",
        ),
    ],
)
def test_each_change_is_one_sentence(after: Policy, sentence: str) -> None:
    assert differences(data.POLICY, after) == [sentence]


def test_the_order_within_a_level_is_no_difference() -> None:
    level = data.POLICY.levels[2]
    turned = replace(level, targets=level.targets[::-1], media=level.media[::-1])
    policy = replace(data.POLICY, levels=(*data.POLICY.levels[:2], turned, data.POLICY.levels[3]))
    assert differences(data.POLICY, policy) == []


def test_of_a_first_policy_everything_is_said() -> None:
    assert len(differences(None, DEFAULT_POLICY)) == len(DEFAULT_POLICY.levels) + 4


# -- the pages ----------------------------------------------------------------------------------------------


@pytest.fixture
def admin(desk: Desk) -> Browser:
    """A browser of an administrator."""
    return desk.browser("administradora")


def send(admin: Browser, form: Form, step: str = "review", version: int = 1):  # type: ignore[no-untyped-def]
    """Send the form."""
    values = {name: form.getlist(name) for name in form}
    return admin.post(
        f"{PATH}/cambiar", values | {"step": step, "version": str(version)}, form=f"{PATH}/cambiar"
    )


def test_the_form_is_the_administrators_alone(desk: Desk, admin: Browser) -> None:
    assert admin.get(f"{PATH}/cambiar").status_code == 200
    assert desk.browser("actuaria").get(f"{PATH}/cambiar").status_code == 403


def test_beside_the_form_stands_whom_it_would_reach_on_a_sunday_before_dawn(admin: Browser) -> None:
    page = admin.get(f"{PATH}/cambiar").text
    assert "domingo 22 nov 2026, 03:15" in page
    assert "secretaria de guardia" in page


def test_trying_shows_whom_what_is_typed_would_reach_and_saves_nothing(desk: Desk, admin: Browser) -> None:
    page = send(admin, changed(**{"level-0-target": ["court:"]}), "try").text
    first = page.split("Lo escrito, a prueba")[1].split("</li>")[0]
    assert "03:15:00 · a los 00:00 · nivel 1" in first
    assert "secretaria de guardia" in first
    assert manage.policy_of(desk.services, "MEX-T1").version == 1


def test_a_policy_is_reviewed_then_saved(desk: Desk, admin: Browser) -> None:
    form = changed(repeat_after="5:00")
    assert "3 min → 5 min" in send(admin, form).text
    assert manage.policy_of(desk.services, "MEX-T1").version == 1
    assert send(admin, form, "save").status_code == 303
    assert manage.policy_of(desk.services, "MEX-T1").repeat_after == 300


def test_a_level_that_reaches_nobody_is_said_before_it_is_saved(admin: Browser) -> None:
    page = send(admin, changed(**{"level-0-target": ["rotation:antigua"]})).text
    assert "no alcanzarían a nadie" in page


def test_whoever_was_overtaken_writes_nothing(desk: Desk, admin: Browser) -> None:
    other = replace(data.POLICY, repeat_after=999)
    manage.save_policy(desk.services, OPERATOR, "MEX-T1", other, desk.clock.now)
    answer = send(admin, changed(repeat_after="5:00"), "save")
    assert answer.status_code == 409
    assert "alguien guardó la versión 2" in answer.text
    assert manage.policy_of(desk.services, "MEX-T1").repeat_after == 999


def test_what_is_wrong_stands_by_its_field_and_what_was_typed_stays(desk: Desk, admin: Browser) -> None:
    answer = send(admin, changed(repeat_after="pronto", **{"level-2-medium": []}))
    assert answer.status_code == 422
    assert 'id="repeat_after-wrong"' in answer.text
    assert 'id="level-2-wrong"' in answer.text
    assert 'value="pronto"' in answer.text


def test_a_level_is_added_without_a_script(admin: Browser) -> None:
    assert re.search(r'id="level-4"', send(admin, changed(), "more").text)


def test_nothing_to_save_is_said(admin: Browser) -> None:
    answer = send(admin, changed())
    assert answer.status_code == 422
    assert "No hay ningún cambio" in answer.text
