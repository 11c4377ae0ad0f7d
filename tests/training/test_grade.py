"""The grade: what each letter asks for, and that nothing worse is ever graded better."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluate import Difference
from training.grade import RULE, RULE_JA, Record, Trial, graded

LETTERS = "FDCBA"
GOOD = Trial(
    skill=0.18,
    skill_error=0.01,
    ece=0.02,
    auc=0.80,
    recency_auc=0.76,
    log_loss=Difference(-0.01, 0.003),
    ranking=Difference(0.01, 0.004),
)
RECORD = Record((GOOD,) * 4, 4, Difference(-0.01, 0.002), Difference(0.01, 0.003), won_all_along=True)


def letter(**changed: object) -> str:
    """Return the letter where one moment of four is otherwise, or the moments are."""
    whole = {name: value for name, value in changed.items() if name in {"disjoint", "won_all_along"}}
    one = GOOD._replace(**{name: value for name, value in changed.items() if name not in whole})
    return graded(RECORD._replace(trials=(GOOD, GOOD, GOOD, one), **whole)).letter


@pytest.mark.parametrize(
    ("changed", "most"),
    [
        ({}, "A"),
        ({"won_all_along": False}, "B"),
        ({"disjoint": 3}, "B"),
        ({"disjoint": 2}, "C"),
        ({"disjoint": 1}, "D"),
        ({"ece": 0.12}, "B"),
        ({"ece": 0.30}, "C"),
        ({"skill": 0.015}, "C"),
        ({"skill": -0.01}, "D"),
        ({"auc": 0.99}, "C"),
        ({"log_loss": Difference(0.02, 0.003)}, "B"),
    ],
)
def test_one_bad_moment_of_four_is_enough(changed: dict[str, object], most: str) -> None:
    assert letter(**changed) == most


def test_what_is_worse_than_the_best_peer_over_all_is_no_better_than_a_c() -> None:
    assert graded(RECORD._replace(log_loss=Difference(0.01, 0.002))).letter == "C"
    assert graded(RECORD._replace(ranking=Difference(-0.01, 0.002))).letter == "C"


def test_a_constant_a_ranking_alone_and_noise_fail() -> None:
    constant = GOOD._replace(skill=0.0, skill_error=0.0, ece=0.0, auc=0.5)
    miscalibrated = GOOD._replace(skill=-0.4, ece=0.35, auc=0.85)
    recency = GOOD._replace(auc=0.70)
    for trial in (constant, miscalibrated, recency):
        assert graded(RECORD._replace(trials=(trial,) * 6, disjoint=6)).letter == "F"


def test_what_is_short_of_the_next_letter_is_said_in_both_languages() -> None:
    grade = graded(RECORD._replace(disjoint=2))
    assert grade.short_of == ("2 of 3 moments whose outcomes do not overlap",)
    assert len(grade.short_of_ja) == 1
    assert "2つ" in grade.short_of_ja[0]
    assert set(RULE) == set(RULE_JA) == set(LETTERS)
    assert grade.to_json()["rule"] == RULE["C"]
    assert asdict(graded(RECORD)) == {"letter": "A", "short_of": (), "short_of_ja": ()}


trials = st.builds(
    GOOD._replace,
    skill=st.floats(-0.3, 0.5),
    skill_error=st.floats(0.001, 0.05),
    ece=st.floats(0, 0.3),
    auc=st.floats(0.4, 0.97),
    log_loss=st.builds(Difference, st.floats(-0.05, 0.05), st.just(0.01)),
)


@given(st.lists(trials, min_size=1, max_size=5), st.integers(0, 4), st.floats(0, 0.2))
def test_a_worse_moment_never_mends_the_grade(found: list[Trial], which: int, by: float) -> None:
    place = which % len(found)
    one = found[place]
    record = RECORD._replace(trials=tuple(found), disjoint=len(found))
    before = LETTERS.index(graded(record).letter)
    worse = (
        one._replace(ece=one.ece + by),
        one._replace(skill=one.skill - by),
        one._replace(log_loss=Difference(one.log_loss.difference + by, 0.01)),
        one._replace(auc=one.auc - by),
    )
    for trial in worse:
        changed = record._replace(trials=(*found[:place], trial, *found[place + 1 :]))
        assert LETTERS.index(graded(changed).letter) <= before
