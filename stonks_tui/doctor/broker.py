"""Broker: is it in the engine or behind a queue, does it live there, and what could nobody use?"""

from stonks_tui.broker_place import ENGINE_REDIS
from stonks_tui.broker_status import BrokerStatus
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.findings import Answer, Section, fault, note, ok, warning
from stonks_tui.reports.numbers import plural

MANY_JOBS = 100
"""A broker that lives takes a job within a second: so many that wait are no busy moment."""
_INSIDE = "the broker is on paper, in the engine's process"


def place(c: Circumstances) -> Answer:
    """Where is the broker, and does the queue before it answer?"""
    if not c.is_queued:
        return ok(_INSIDE)
    if c.queue is None:
        return fault(
            f"the broker is behind a queue, and {ENGINE_REDIS} does not say where",
            f"set {ENGINE_REDIS}=redis://HOST:6379/0",
        )
    if c.queue.trouble:
        return fault(f"the queue cannot be reached: {c.queue.trouble}", f"start the server, or mend {ENGINE_REDIS}")
    return ok(f"behind the queue, {c.queue.where}")


def service(c: Circumstances) -> Answer:
    """Does somebody take orders?"""
    found = _queue(c)
    if found is None:
        return ok(_INSIDE)
    if found.life is None:
        return fault("nobody takes orders from the queue: no exit is made", "where the broker is to run: stonks broker")
    if found.life.prices:
        return warning(f"the broker has no prices: {found.life.prices}", "look at its log, and at what it reads")
    return ok(found.words)


def account(c: Circumstances) -> Answer:
    """Is it the broker of this account?"""
    found = _queue(c)
    if found is None or found.life is None or not c.account.is_there:
        return ok("there is no broker to compare" if found is not None else _INSIDE)
    theirs, ours = found.life.account, c.account.account_id()
    if theirs and ours and theirs != ours:
        return fault(
            f"the broker has the books of another account ({theirs[:8]}…) than this one ({ours[:8]}…)",
            "start a broker service with books of its own for this account, on a queue of its own (docs/broker.md)",
        )
    return ok("it is of this account" if theirs else "its first job will say whose it is")


def waiting(c: Circumstances) -> Answer:
    """Do jobs pile up?"""
    found = _queue(c)
    if found is None:
        return ok("nothing waits: there is no queue")
    words = f"{plural(found.waiting, 'job')} waiting"
    if found.waiting >= MANY_JOBS:
        return warning(words, "stonks broker status, where the broker is, says what it does")
    return ok(words)


def dead_letters(c: Circumstances) -> Answer:
    """Was anything refused that nobody could use?"""
    found = _queue(c)
    if found is None or not found.dead:
        return ok("no message was refused")
    words = f"{plural(found.dead, 'message')} between engine and broker could not be used"
    return warning(words, "where the broker is: stonks broker dead")


def mirror(c: Circumstances) -> Answer:
    """Can others read in Redis what the engine decides?"""
    if c.queue is None:
        return ok("nobody is told by way of Redis")
    if c.queue.trouble:
        return note(f"{c.queue.trouble}: other programs do not read what is decided", f"mend {ENGINE_REDIS}")
    return ok(f"what is decided is written to {c.queue.where} too")


def _queue(c: Circumstances) -> BrokerStatus | None:
    """Return how a broker behind a queue stands, None when it is not there or cannot be asked."""
    return c.queue if c.is_queued and c.queue is not None and not c.queue.trouble else None


SECTION = Section(
    name="broker",
    checks={
        "place": place,
        "service": service,
        "same-account": account,
        "waiting": waiting,
        "dead-letters": dead_letters,
        "mirror": mirror,
    },
)
