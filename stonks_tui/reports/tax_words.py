"""Tax words: what does tax mean for one decision, in a sentence?"""

from engine.model.money import usd
from engine.model.shares import written
from engine.model.tax import LossAtStake, Shares


def at_stake(stake: LossAtStake) -> str:
    """Return what buying now would do to a loss that was made lately."""
    if stake.washed == stake.shares:
        which = "all of them replace"
    else:
        which = f"{written(stake.washed)} of them {'replaces' if stake.washed == 1 else 'replace'}"
    return (
        f"buying {shares(stake.shares)} puts off a loss of ${usd(stake.loss)} (wash sale): {which} what was sold at a "
        f"loss, and it goes into their basis. Bought after {stake.until}, none would"
    )


def shares(count: Shares) -> str:
    """Return a number of shares with the word: `1 share`, `12.5 shares`."""
    return f"{written(count)} {'share' if count == 1 else 'shares'}"
