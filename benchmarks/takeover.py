"""How long does nobody lead, when the engine that leads stands still?

    python -m benchmarks.takeover [LEASE:ROUNDS ...]

Two whole engines on one account in a database: the first is stopped in the middle of its work, and the seconds are
counted until the first turn of the second one. Prints a row for each lease, in seconds.
"""

import math
import os
import signal
import sys
from random import Random
from statistics import median

from tests.support import postgres
from tests.support.leading_engine import Wish
from tests.support.two_engines import FIRST, PLACES, SECOND, a_floor, take_over

USUAL = ("3:10", "10:5", "30:2")
STUCK = "&idle_in_transaction_timeout=1"


def measured(lease_seconds: float, rounds: int) -> list[float]:
    """Return the seconds of so many takeovers, in order."""
    rng, found = Random(1), list[float]()
    with a_floor() as floor:
        for number in range(rounds):
            with postgres.fresh_url() as url:
                place = list(PLACES)[number % len(PLACES)]
                first, second = (
                    Wish(name=name, url=url + STUCK, seed=number, lease_seconds=lease_seconds, place=at, number=when)
                    for name, at, when in ((FIRST, place, rng.randint(*PLACES[place])), (SECOND, "nowhere", 0))
                )
                took = take_over(floor, first, second)
                if took is not None:
                    found.append(took)
                    floor.go_on(FIRST)
                    floor.hear(FIRST, "done")
                floor.hear(SECOND, "done")
    return sorted(found)


def main(asked: list[str]) -> None:
    """Print the table."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    print("| lease | takeovers | p50 | p99 | worst |\n| ---: | ---: | ---: | ---: | ---: |")
    for lease, _, rounds in (word.partition(":") for word in asked or USUAL):
        found = measured(float(lease), int(rounds))
        p99 = found[min(len(found) - 1, math.ceil(0.99 * len(found)) - 1)]
        print(f"| {lease} s | {len(found)} | {median(found):.2f} s | {p99:.2f} s | {found[-1]:.2f} s |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
