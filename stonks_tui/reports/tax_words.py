"""Tax words: what does tax mean for one decision, in a sentence?"""

from datetime import timedelta
from fractions import Fraction

from engine.model.money import usd
from engine.model.tax import LossAtStake, Shares


def at_stake(stake: LossAtStake) -> str:
    """Return what buying now would do to a loss that was made lately."""
    free = stake.until + timedelta(days=1)
    of_it = "" if stake.washed == stake.shares else f" with {shares(stake.washed)} of them"
    return (
        f"buying {shares(stake.shares)} puts off a loss of ${usd(stake.loss)}{of_it} (wash sale): it goes into the "
        f"basis of what is bought. Until {stake.until} it does, from {free} on it would not"
    )


def shares(count: Shares) -> str:
    """Return a number of shares as people write it: `1 share`, `12.5 shares`."""
    number = f"{int(count):,}" if count == int(count) else f"{float(Fraction(count)):,.4f}".rstrip("0")
    return f"{number} share" if count == 1 else f"{number} shares"
