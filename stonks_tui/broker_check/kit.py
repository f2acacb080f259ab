"""Kit: which guarantees of docs/broker-protocol.md are checked, and what does a broker service make of them?"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from engine.errors import BadInput
from stonks_tui.broker_check import crash_checks, order_checks, question_checks, refusal_checks
from stonks_tui.broker_check.findings import Finding, NotHeld, NotShown, Outcome
from stonks_tui.broker_check.play import Play

_LINES = 12
"""So much of what was sent and came back is told of a check that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One guarantee, under the number and in the words of docs/broker-protocol.md, and what plays it."""

    number: str
    name: str
    sentence: str
    play: Callable[[Play], Awaitable[None]]


def _check(number: int, name: str, sentence: str, play: Callable[[Play], Awaitable[None]]) -> Check:
    return Check(number=f"G{number}", name=name, sentence=sentence, play=play)


CHECKS = (
    _check(1, "life", "While it takes jobs, it shows life.", question_checks.shows_life),
    _check(2, "answers", "Every job is answered, under its `job_id` and in its epoch.", question_checks.answers),
    _check(3, "reports", "An order is answered with a report of it.", order_checks.is_answered),
    _check(
        4,
        "seq",
        "The reports of an order are numbered from 1 without a hole, and a number always says the same.",
        order_checks.counts_reports,
    ),
    _check(
        5,
        "filled",
        "`filled` is the sum of every `quantity` so far: it never falls, and is never more than was ordered.",
        order_checks.adds_up,
    ),
    _check(
        6, "states", "States follow each other as the table has them; an end is an end.", order_checks.follows_states
    ),
    _check(
        7,
        "positions",
        "Positions are the shares held: they move by what was reported as executed, and by nothing else.",
        question_checks.holds_what_was_filled,
    ),
    _check(
        8,
        "once",
        "An order that comes again is executed once, and everything is said again.",
        order_checks.executes_once,
    ),
    _check(
        9,
        "another",
        "Another order under a known `client_order_id` is refused as `invalid`, and changes nothing.",
        order_checks.refuses_another,
    ),
    _check(10, "cancel", "A working order that is called back ends.", order_checks.cancels),
    _check(11, "ended", "To call back what has ended is answered, and changes nothing.", order_checks.leaves_ended),
    _check(
        12,
        "cancel-first",
        "An order that was called back before it came is `cancelled`, and never executed when it comes.",
        order_checks.keeps_cancelled,
    ),
    _check(
        13, "late", "An order that comes after its `good_until` is not executed: it ends.", order_checks.leaves_late
    ),
    _check(
        14,
        "epoch",
        "A higher epoch is followed from its first job on; every job of a lower one is refused as `older_epoch`.",
        refusal_checks.follows_epochs,
    ),
    _check(15, "mode", "A job of the other mode is refused as `wrong_mode`.", refusal_checks.refuses_mode),
    _check(16, "account", "A job of another account is refused as `wrong_account`.", refusal_checks.refuses_account),
    _check(
        17,
        "schema",
        "A job in another version of the schema is refused as `wrong_schema` and kept apart.",
        refusal_checks.refuses_schema,
    ),
    _check(
        18,
        "poison",
        "A message that cannot be read is kept apart with the reason, and holds nothing up.",
        refusal_checks.keeps_poison_apart,
    ),
    _check(
        19,
        "query-order",
        "Asked about an order it tells all that it has said of it; one that never came is not `known`.",
        question_checks.knows_orders,
    ),
    _check(
        20,
        "query-ticker",
        "Asked about a ticker it says whether trading is halted, or that it cannot know.",
        question_checks.knows_tickers,
    ),
    _check(21, "extension", "Fields that it does not know are passed over.", question_checks.passes_over),
    _check(
        22, "order", "Jobs are done and answered in the order in which they were sent.", question_checks.keeps_order
    ),
    _check(
        23, "done", "A job is taken off `…:taken` once it is answered, and not before.", question_checks.forgets_done
    ),
    _check(
        24,
        "lost",
        "What was said and lost is said again to whoever asks, and to whoever sends the job again.",
        order_checks.says_again,
    ),
    _check(
        25,
        "taken",
        "What a service had taken when it was killed is done by the next one, first of all.",
        crash_checks.takes_up,
    ),
    _check(
        26,
        "memory",
        "Orders and the highest epoch are known for ever, whoever is killed or restarted.",
        crash_checks.remembers,
    ),
    _check(27, "readable", "Everything that it writes can be read as this document says.", question_checks.is_readable),
)

_ANSWERS = CHECKS[1]
NOT_TRIED = "it answers nothing, and nothing else was tried"
"""Why everything else is skipped then."""


def chosen(only: Sequence[str], skip: Sequence[str]) -> tuple[Check, ...]:
    """Return the checks of these numbers or names, all of them without any, less those to `skip`.

    Raises BadInput for a name that no check has.
    """
    known = {name.lower() for check in CHECKS for name in (check.number, check.name)}
    for name in (*only, *skip):
        if name.lower() not in known:
            hint = ", ".join(f"{check.number} {check.name}" for check in CHECKS)
            raise BadInput(f"there is no check '{name}'", hint=f"they are {hint}")
    wanted, unwanted = {name.lower() for name in only}, {name.lower() for name in skip}
    return tuple(check for check in CHECKS if (not wanted or wanted & _names(check)) and not unwanted & _names(check))


def _names(check: Check) -> set[str]:
    return {check.number.lower(), check.name}


async def examine(play: Play, checks: Sequence[Check]) -> AsyncIterator[Finding]:
    """Yield what becomes of each check, in order.

    What waits in the end is called back, and what was bought is sold again (`PlayedOrders.put_back`) by whoever asks.
    Of a broker that answers nothing only that is found. Raises Unavailable when a queue does not answer.
    """
    try:
        await play.engine.meet()
    except (NotHeld, NotShown) as error:
        yield _finding(_ANSWERS, Outcome.FAIL, error.message, tuple(play.engine.exchange[-_LINES:]))
        for check in checks:
            if check is not _ANSWERS:
                yield _finding(check, Outcome.SKIPPED, NOT_TRIED)
        return
    for check in checks:
        yield await _found(play, check)


async def _found(play: Play, check: Check) -> Finding:
    play.engine.exchange.clear()
    try:
        await check.play(play)
    except NotHeld as error:
        return _finding(check, Outcome.FAIL, error.message, tuple(play.engine.exchange[-_LINES:]))
    except NotShown as error:
        return _finding(check, Outcome.SKIPPED, error.message)
    return _finding(check, Outcome.PASS)


def _finding(check: Check, outcome: Outcome, why: str = "", exchange: tuple[str, ...] = ()) -> Finding:
    return Finding(
        number=check.number, name=check.name, sentence=check.sentence, outcome=outcome, why=why, exchange=exchange
    )
