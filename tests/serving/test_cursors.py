from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.cursors import Cursor, CursorSigner
from serving.errors import InvalidCursorError
from serving.store import AtRiskFilter, Position, Sort
from training.score_schema import ChurnBand

SIGNER = CursorSigner(b"s" * 32)
PLACE = Cursor("run-1", Position(12.5, "顧客/42"))
TEXT = SIGNER.write(PLACE, AtRiskFilter(), Sort.VALUE_AT_RISK)


@given(st.text(st.characters(exclude_categories=("Cs",))), st.floats(allow_nan=False, allow_infinity=False))
def test_a_cursor_says_what_was_written(customer_id: str, value: float) -> None:
    place = Cursor("run-1", Position(value, customer_id))
    text = SIGNER.write(place, AtRiskFilter(), Sort.PREDICTED_CLV)
    assert SIGNER.read(text, AtRiskFilter(), Sort.PREDICTED_CLV) == place


@given(st.integers(0, len(TEXT) - 1), st.characters())
def test_no_character_can_be_altered_unnoticed(position: int, character: str) -> None:
    altered = TEXT[:position] + character + TEXT[position + 1 :]
    if altered != TEXT:
        with pytest.raises(InvalidCursorError):
            SIGNER.read(altered, AtRiskFilter(), Sort.VALUE_AT_RISK)


@given(st.text())
def test_whatever_else_is_sent_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        SIGNER.read(text, AtRiskFilter(), Sort.VALUE_AT_RISK)


def test_padding_and_a_shortened_signature_are_alterations() -> None:
    whole = base64.urlsafe_b64decode(TEXT + "=" * (-len(TEXT) % 4))
    shortened = base64.urlsafe_b64encode(whole[:-1]).decode().rstrip("=")
    for altered in (TEXT + "=", TEXT + "A", TEXT[:-1], shortened, TEXT + "\n", " " + TEXT):
        with pytest.raises(InvalidCursorError):
            SIGNER.read(altered, AtRiskFilter(), Sort.VALUE_AT_RISK)


def test_a_cursor_is_good_for_its_own_question_and_secret_only() -> None:
    for which, sort in (
        (AtRiskFilter(band=ChurnBand.HIGH), Sort.VALUE_AT_RISK),
        (AtRiskFilter(min_value_at_risk=0.0), Sort.VALUE_AT_RISK),
        (AtRiskFilter(), Sort.CHURN_PROBABILITY),
    ):
        with pytest.raises(InvalidCursorError, match="other filters"):
            SIGNER.read(TEXT, which, sort)
    with pytest.raises(InvalidCursorError, match="gave out"):
        CursorSigner(b"t" * 32).read(TEXT, AtRiskFilter(), Sort.VALUE_AT_RISK)
