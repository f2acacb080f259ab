"""Notices in words: a sentence for each kind, whatever it lacks, and why an entry was cut short."""

import pytest
from hypothesis import given

from engine.model.breakers import CircuitBreakerTriggerType
from engine.model.notices import Notice, NoticeKind
from engine.model.orders import OrderTag
from engine.model.portfolio import TradingState
from engine.model.verdict import SKIP_REASONS
from stonks_tui.reports import notice_words
from tests.support import strategies
from tests.support.samples import a_notice


@given(strategies.notices)
def test_every_notice_has_a_sentence_whatever_it_lacks(notice: Notice) -> None:
    assert notice_words.sentence(notice)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": NoticeKind.FEED_FAILURE, "value": 3, "limit": 5}, "price feed failed: 3 of 5 held tickers without a"),
        ({"kind": NoticeKind.FEED_FAILURE, "value": 0, "limit": 1}, "price feed failed: no price at all any more"),
        ({"kind": NoticeKind.FEED_RECOVERED, "value": 720.0}, "price feed is back after 12 min"),
        ({"kind": NoticeKind.TICKER_HALTED}, "AAPL is halted by the exchange: the position is frozen"),
        ({"kind": NoticeKind.RAPID_MOVE, "value": -0.061}, "AAPL moved -6.1 % within minutes"),
        ({"kind": NoticeKind.LARGE_TRADE_PNL, "value": -612.5, "limit": 500}, "AAPL lost $612.50: more than $500.00"),
        ({"kind": NoticeKind.MACRO_EVENT, "note": "Rate decision"}, "severe event: Rate decision"),
        ({"kind": NoticeKind.MACRO_EVENT, "note": "", "reference_id": "e7"}, "severe event: e7"),
        (
            {"kind": NoticeKind.EXIT_REPEATED, "value": 2, "note": "stop_loss"},
            "AAPL sale ordered again, attempt 2 (stop",
        ),
    ],
)
def test_a_notice_says_what_a_trader_would_say(fields: dict[str, object], words: str) -> None:
    assert notice_words.sentence(a_notice(**fields)).startswith(words)


def test_an_entry_that_a_check_cut_short_says_by_how_much_it_missed() -> None:
    notice = a_notice(note="2 of 3 tranches, 64 shares: heat", value=0.0215, limit=0.02)
    assert notice_words.cut_short(notice) == (
        "2 of 3 tranches, 64 shares",
        "would have risked too much at once (2.15 %, limit 2.00 %)",
    )


@pytest.mark.parametrize(
    "word",
    [
        *SKIP_REASONS.values(),
        *(t.value for t in OrderTag if "entry" not in t.value),
        *(t.value for t in CircuitBreakerTriggerType if t is not CircuitBreakerTriggerType.SINGLE_POSITION),
        TradingState.REDUCING.value,
        TradingState.HALTED.value,
        "feed_failure",
        "split",
    ],
)
def test_whatever_can_cut_an_entry_short_has_a_phrase_of_its_own(word: str) -> None:
    assert notice_words.cut_short(a_notice(note=f"1 of 3 tranches, 2 shares: {word}"))[1] not in {word, ""}
