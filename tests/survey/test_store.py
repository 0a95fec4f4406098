"""Nothing is lost and nothing doubles: retries, races, kills, withdrawals."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.orm import Session

from srbench.errors import BadStudy
from srbench.ratings.votes import Stimulus
from srbench.survey.plan.design import Design
from srbench.survey.plan.planning import session
from srbench.survey.responses import AnswerStatus
from srbench.survey.store.schema import Base, Event, Rater
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Picture, Study
from tests.survey.conftest import asked, states


def study(folder: Path, method: str = "acr", contents: int = 3) -> Study:
    shown = [Stimulus(f"c{c}_{m}", f"c{c}", m) for c in range(contents) for m in ("x", "y")]
    pictures = tuple(Picture(s, f"pictures/{s.name}.png", "", 8, 8, "rated") for s in shown)
    return Study(folder, "test", Design(method=method), 4, pictures, 4)


@pytest.fixture
def store(tmp_path: Path, url: str) -> Iterator[VoteStore]:
    made = VoteStore(study(tmp_path), url)
    yield made
    made.close()


def _begun(store: VoteStore) -> str:
    rater = store.find(store.invite())
    assert rater is not None
    store.assign_session(rater)
    return rater


def test_a_session_from_invitation_to_the_last_answer(store: VoteStore) -> None:
    token = store.invite()
    rater = store.find(token)
    assert rater is not None
    assert store.find(token + "x") is None
    assert asked(store, rater) is None
    store.assign_session(rater)
    store.assign_session(rater)
    expected = session(store.study.design, store.study.stimuli(), 0)
    for position, trial in enumerate(expected):
        question = asked(store, rater)
        assert question is not None
        assert (question.position, question.trials, question.kind) == (position, 6, "trial")
        after = expected[position + 1 :]
        assert [store.picture(rater, ahead) for ahead in question.ahead] == [trial.first for trial in after[:1]]
        (key,) = question.keys
        assert store.picture(rater, key) == trial.first
        assert store.answer(rater, position, str(1 + position % 5), 1.5, {"zoom": 1})
    assert asked(store, rater) is None
    assert states(store) == {"finished": 1}
    stored = store.responses()
    assert [(given.first, given.value) for given in stored] == [
        (trial.first, str(1 + at % 5)) for at, trial in enumerate(expected)
    ]
    assert {given.rater for given in stored} == {rater}


def test_an_answer_counts_once_and_the_first_one_stays(store: VoteStore) -> None:
    rater = _begun(store)
    assert store.answer(rater, 0, "4", 2.0, {})
    assert store.answer(rater, 0, "1", 9.0, {})  # a double click, the back button, a second tab
    assert [(a.value, a.seconds) for a in store.responses()] == [("4", 2.0)]
    assert not store.answer(rater, 3, "2", 1.0, {})  # no trial is jumped over
    assert len(store.responses()) == 1
    following = asked(store, rater)
    assert following is not None
    assert following.position == 1


def test_an_answer_for_the_next_position_is_refused_and_stored_nowhere(store: VoteStore) -> None:
    rater = _begun(store)
    for ahead in (1, 2, 5, 6):
        assert store.answer(rater, ahead, "2", 1.0, {}) is AnswerStatus.REFUSED
    assert store.responses() == []
    assert store.answer(rater, 0, "4", 1.0, {}) is AnswerStatus.STORED
    assert store.answer(rater, 2, "2", 1.0, {}) is AnswerStatus.REFUSED
    assert [(answer.position, answer.value) for answer in store.responses()] == [(0, "4")]


@pytest.mark.parametrize(("method", "value"), [("acr", "6"), ("acr", "first"), ("pair", "3"), ("acr", "")])
def test_values_of_another_method_are_refused(tmp_path: Path, method: str, value: str) -> None:
    store = VoteStore(study(tmp_path, method))
    rater = _begun(store)
    with pytest.raises(BadStudy, match="expected one of"):
        store.answer(rater, 0, value, 1.0, {})
    assert store.responses() == []


def test_pictures_are_known_by_keys_that_tell_nothing(store: VoteStore) -> None:
    one, other = _begun(store), _begun(store)
    keys = []
    for rater in (one, other):
        for position in range(6):
            question = asked(store, rater)
            assert question is not None
            keys += question.keys
            store.answer(rater, position, "3", 1.0, {})
    assert len(set(keys)) == 12
    assert all(len(key) == 22 for key in keys)
    assert store.picture(other, keys[0]) is None
    assert store.picture(one, "../study.json") is None


def test_each_side_of_a_pair_has_the_picture_of_its_key(tmp_path: Path) -> None:
    store = VoteStore(study(tmp_path, "pair"))
    rater = _begun(store)
    question = asked(store, rater)
    assert question is not None
    trial = session(store.study.design, store.study.stimuli(), 0)[0]
    assert [store.picture(rater, key) for key in question.keys] == [trial.first, trial.second]
    store.close()


def test_the_votes_of_another_study_are_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'votes.sqlite'}"
    for _ in range(2):
        VoteStore(study(tmp_path), url).close()
    with pytest.raises(BadStudy, match=r"votes\.sqlite holds the votes of another study; test needs a database of its"):
        VoteStore(replace(study(tmp_path), id="another"), url)


def test_many_who_begin_at_once_get_different_sessions(store: VoteStore) -> None:
    raters = [store.find(store.invite()) for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(store.assign_session, [rater for rater in raters if rater]))
    with Session(store.engine) as database:
        assert sorted(database.scalars(select(Rater.number))) == list(range(12))


def test_hammering_one_trial_stores_one_answer(store: VoteStore) -> None:
    rater = _begun(store)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda k: store.answer(rater, 0, str(1 + k % 5), k, {}), range(40)))
    assert all(done)
    assert len(store.responses()) == 1


def test_raters_in_parallel_lose_nothing(store: VoteStore) -> None:
    def whole(seed: int) -> str:
        rater, chance = _begun(store), random.Random(seed)
        while (question := asked(store, rater)) is not None:
            for _ in range(chance.choice((1, 1, 2))):
                assert store.answer(rater, question.position, chance.choice("12345"), 1.0, {})
        return rater

    with ThreadPoolExecutor(6) as pool:
        raters = list(pool.map(whole, range(6)))
    assert Counter(who for who, *_ in store.responses()) == dict.fromkeys(raters, 6)
    assert states(store) == {"finished": 6}


def test_withdrawing_while_answering_leaves_nothing(store: VoteStore) -> None:
    for _ in range(8):
        rater = _begun(store)

        def keep(position: int, rater: str = rater) -> None:
            with suppress(BadStudy):
                store.answer(rater, position, "3", 1.0, {})
                store.add_facts(rater, {f"fact{position}": True})

        with ThreadPoolExecutor(7) as pool:
            answers = [pool.submit(keep, position) for position in range(6)]
            gone = pool.submit(store.withdraw, rater)
            for each in (*answers, gone):
                each.result()
        assert store.responses() == []


def test_notes_at_the_same_moment_are_all_kept(store: VoteStore) -> None:
    rater = _begun(store)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda k: store.add_facts(rater, {f"fact{k}": k}), range(24)))
    standing = store.rater_state(rater)
    assert standing is not None
    assert len(standing.facts) == 24


def test_a_withdrawal_takes_the_answers_and_frees_the_session(store: VoteStore) -> None:
    first = _begun(store)
    store.answer(first, 0, "5", 1.0, {})
    assert store.withdraw(first) == 1
    assert store.responses() == []
    assert states(store) == {"withdrawn": 1}
    with pytest.raises(BadStudy, match="there is no rater"):
        store.assign_session(first)
    second = _begun(store)
    with Session(store.engine) as database:
        person = database.get(Rater, second)
        assert person is not None
        assert person.number == 0
        (event,) = database.scalars(select(Event))
        assert (event.kind, event.rater, event.facts) == ("withdrawal", first, {"answers": 1})


def test_a_session_left_behind_goes_to_the_next_rater(store: VoteStore) -> None:
    raters = [_begun(store) for _ in range(3)]
    for position in range(6):
        store.answer(raters[0], position, "3", 1.0, {})
    with Session(store.engine) as database, database.begin():
        for rater, hours in zip(raters, (50, 50, 3), strict=True):
            person = database.get(Rater, rater)
            assert person is not None
            person.seen -= timedelta(hours=hours)
    numbers = {}
    for _ in range(2):
        rater = _begun(store)
        with Session(store.engine) as database:
            person = database.get(Rater, rater)
            assert person is not None
            numbers[rater] = person.number
    assert list(numbers.values()) == [1, 3]  # 0 is finished, 1 was left behind, 2 is at it
    assert store.answer(raters[1], 0, "4", 1.0, {})  # who comes back after all goes on
    assert [rater for rater, *_ in store.responses()] == [raters[0]] * 6 + [raters[1]]


def test_reopening_goes_on_where_it_was(tmp_path: Path) -> None:
    store = VoteStore(study(tmp_path))
    token = store.invite()
    rater = store.find(token)
    assert rater is not None
    store.assign_session(rater)
    store.answer(rater, 0, "3", 1.0, {})
    before = asked(store, rater)
    store.close()
    again = VoteStore(study(tmp_path))
    assert again.find(token) == rater
    assert asked(again, rater) == before


def test_the_migrations_make_the_tables_of_the_code(store: VoteStore) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_tokens_are_not_stored(store: VoteStore) -> None:
    token = store.invite()
    with store.engine.connect() as connection:
        (row,) = connection.execute(select(Rater.__table__)).all()
    assert len(row) > 5
    assert all(token not in str(value) for value in row)


def test_a_preview_is_dealt_a_session_and_counts_nowhere(store: VoteStore) -> None:
    looking = store.find(store.invite(preview=True))
    assert looking is not None
    store.assign_session(looking)
    store.answer(looking, 0, "3", 1.0, {})
    rater = _begun(store)
    assert store.responses() == []
    assert states(store) == {"active": 1}
    with Session(store.engine) as database:
        person = database.get(Rater, rater)
        assert person is not None
        assert person.number == 0  # the preview holds no session
    for position in range(1, 6):
        store.answer(looking, position, "3", 1.0, {})
    found = store.rater_state(looking)
    assert found is not None
    assert (found.state, found.question) == ("preview", None)
    assert store.withdraw(looking) == 6
    assert states(store) == {"active": 1}


def test_the_open_link_has_a_limit(store: VoteStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: store.join(3), range(8)))
    assert sum(token is not None for token in tokens) == 3
    assert not store.accepts_newcomers(3)
    assert store.accepts_newcomers(4)


def test_status(store: VoteStore) -> None:
    assert store.status() == "open"
    for kind, status in (("pause", "paused"), ("open", "open"), ("close", "closed"), ("consent", "closed")):
        store.record_event(kind)
        assert store.status() == status


def test_a_paused_study_takes_no_answers_and_goes_on_where_it_was(store: VoteStore) -> None:
    rater = _begun(store)
    store.record_event("pause")
    assert store.answer(rater, 0, "4", 1.0, {}) is AnswerStatus.REFUSED
    assert store.responses() == []
    store.record_event("open")
    assert store.answer(rater, 0, "5", 1.0, {}) is AnswerStatus.STORED
    assert [answer.value for answer in store.responses()] == ["5"]


_WRITER = """
import sys
from pathlib import Path
from tests.survey.conftest import asked
from tests.survey.test_store import study
from srbench.survey.store.vote_store import VoteStore
store = VoteStore(study(Path(sys.argv[1]), contents=200))
rater = store.find(sys.argv[2])
store.assign_session(rater)
while (question := asked(store, rater)) is not None:
    store.answer(rater, question.position, "3", 1.0, {})
    print(question.position, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    store = VoteStore(study(tmp_path, contents=200))
    token = store.invite()
    root = Path(__file__).parent.parent.parent
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path), token], stdout=subprocess.PIPE, cwd=root, text=True
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(int(line))
        if len(said) == 25:
            os.kill(process.pid, signal.SIGKILL)
            break
    said += [int(line) for line in process.stdout]
    process.wait()
    time.sleep(0.05)
    positions = [dealt.position for dealt in store.responses()]
    assert positions[: len(said)] == said
    assert positions == list(range(len(positions)))
    assert len(positions) <= len(said) + 1
    rater = store.find(token)
    assert rater is not None
    question = asked(store, rater)
    assert question is not None
    assert question.position == len(positions)
