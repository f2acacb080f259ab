"""Tax words: a loss at stake, and numbers of shares."""

from datetime import date
from fractions import Fraction

import pytest

from engine.model.tax import LossAtStake, Shares
from stonks_tui.reports import tax_words


def test_a_loss_at_stake_says_how_much_until_when_and_where_it_goes() -> None:
    stake = LossAtStake(shares=41, washed=7, loss=33_558, until=date(2021, 3, 20))
    assert tax_words.at_stake(stake) == (
        "buying 41 shares puts off a loss of $3.36 (wash sale): 7 of them replace what was sold at a loss, and it goes "
        "into their basis. Bought after 2021-03-20, none would"
    )


@pytest.mark.parametrize(("washed", "words"), [(5, "all of them replace what"), (1, "1 of them replaces what")])
def test_it_says_how_many_replace(washed: int, words: str) -> None:
    stake = LossAtStake(shares=5, washed=washed, loss=1_000_000, until=date(2021, 3, 20))
    assert words in tax_words.at_stake(stake)


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 share"), (1_500, "1,500 shares"), (Fraction(25, 2), "12.5 shares"), (0, "0 shares")]
)
def test_shares_are_written_as_people_do(count: Shares, words: str) -> None:
    assert tax_words.shares(count) == words
