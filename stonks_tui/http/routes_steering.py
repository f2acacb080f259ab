"""Steering routes: what may be said to the engine? Each word is kept with who said it, from where, and what it changed.

They go through the same door as the words of the command line and of the screens.
"""

from typing import Annotated

from fastapi import Path
from pydantic import ConfigDict, Field

from engine.errors import BadInput
from engine.model.audit import Answered, Asked, Word
from engine.model.money import from_text, usd
from engine.model.portfolio import RiskTierName
from engine.settings import Settings, as_mapping, from_mapping, known, shown
from stonks_tui import asking, config_differences
from stonks_tui.http import confirming
from stonks_tui.http import schemas as common
from stonks_tui.http.access import Caller, Scope
from stonks_tui.http.desk import Desk
from stonks_tui.http.problems import Code, Refusal
from stonks_tui.http.routing import CallerHere, DeskHere, router, steers, wants
from stonks_tui.http.schemas import Answer, Confirm, Noted, Said, Ticker
from stonks_tui.http.schemas_settings import Setting, SettingChange, SettingsTold

ROUTES = router("steering")
_STEERS = steers()
_GONE = ("the engine has stopped", "it could not be done: ")


class Resume(Said):
    """`confirm`: resume."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"confirm": "resume"}]})

    confirm: Confirm = ""


class Halt(Noted):
    """`confirm`: halt."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"confirm": "halt"}]})

    confirm: Confirm = ""


class Close(Said):
    """`confirm`: the ticker; of all positions, how many there are: all 5 positions."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"confirm": "TSLA"}]})

    confirm: Confirm = ""


class Clear(Said):
    """`confirm`: the id of the breaker."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"confirm": "b-1"}]})

    confirm: Confirm = ""


class TierWish(Said):
    """A tier. One that is bolder than the present one wants its name as `confirm`."""

    name: RiskTierName
    confirm: Confirm = ""


class ReserveWish(Noted):
    """Dollars into the reserve; with a minus out of it, which wants `confirm`: reserve."""

    amount: Annotated[str, Field(pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,4})?$", examples=["250.00"])]
    confirm: Confirm = ""


async def say(desk: Desk, caller: Caller, word: Word, arguments: dict[str, str] | None = None) -> Answer:
    """Have the engine do it, in the caller's name. Raises Refusal when it does not."""
    said = {name: text for name, text in (arguments or {}).items() if text or word is Word.SET}
    answered = await desk.ask(
        Asked(word=word, arguments=said, who=common.shown(caller.name), origin=f"http {caller.peer}".rstrip())
    )
    if not answered.done:
        raise await _refusal(desk, answered)
    return Answer.of(answered)


async def _refusal(desk: Desk, answered: Answered) -> Refusal:
    if answered.is_of_standby:
        beat = (await desk.standing()).beat
        leads = f": {beat.owner} leads under epoch {beat.epoch}" if beat else ""
        words = f"this engine stands by{leads}; nobody who leads has heard it"
        hint = "ask the engine that leads, or again"
        return Refusal(503, Code.STANDING_BY, words, hint=hint, headers={"Retry-After": "5"})
    if answered.words.startswith(_GONE):
        return Refusal(503, Code.UNAVAILABLE, answered.words, headers={"Retry-After": "5"})
    return Refusal(409, Code.REFUSED, answered.words)


@ROUTES.post("/api/trading/pause", operation_id="pause", **_STEERS)
async def pause(said: Noted, desk: DeskHere, caller: CallerHere) -> Answer:
    """No entries from now on; exits are managed."""
    return await say(desk, caller, Word.PAUSE, {"note": common.shown(said.note)})


@ROUTES.post("/api/trading/resume", operation_id="resume", **_STEERS)
async def resume(said: Resume, desk: DeskHere, caller: CallerHere) -> Answer:
    """Entries again, as far as breakers allow."""
    confirming.require(confirming.RESUME, said.confirm)
    return await say(desk, caller, Word.RESUME)


@ROUTES.post("/api/trading/halt", operation_id="halt", **_STEERS)
async def halt(said: Halt, desk: DeskHere, caller: CallerHere) -> Answer:
    """Nothing leaves any more, not even a stop."""
    confirming.require(confirming.HALT, said.confirm)
    return await say(desk, caller, Word.HALT, {"note": common.shown(said.note)})


@ROUTES.post("/api/trading/positions/close", operation_id="close_all", **_STEERS)
async def close_all(said: Close, desk: DeskHere, caller: CallerHere) -> Answer:
    """Sell everything at the market."""
    state = (await desk.standing()).state
    if not state.positions:
        raise Refusal(409, Code.REFUSED, "nothing is held")
    confirming.require(confirming.closing_all(len(state.positions)), said.confirm)
    if all(map(state.is_exiting, state.positions)):
        return _already("every position")
    return await say(desk, caller, Word.CLOSE_ALL)


@ROUTES.post("/api/trading/positions/{ticker}/close", operation_id="close", **steers(404))
async def close(ticker: Annotated[Ticker, Path()], said: Close, desk: DeskHere, caller: CallerHere) -> Answer:
    """Sell all of one position at the market."""
    wanted = ticker.upper()
    state = (await desk.standing()).state
    if wanted not in state.positions:
        raise Refusal(404, Code.NOT_FOUND, f"{wanted} is not held")
    confirming.require(confirming.closing(wanted), said.confirm)
    if state.is_exiting(wanted):
        return _already(wanted)
    return await say(desk, caller, Word.CLOSE, {"ticker": wanted})


def _already(what: str) -> Answer:
    """Return the answer to whoever asks again for what is being done."""
    return Answer(done=True, words=f"{what} is being closed already", before={}, after={})


@ROUTES.post("/api/trading/breakers", operation_id="trip_breaker", **_STEERS)
async def trip_breaker(said: Noted, desk: DeskHere, caller: CallerHere) -> Answer:
    """Trip the manual breaker: exits only until somebody clears it."""
    return await say(desk, caller, Word.BREAKER, {"note": common.shown(said.note)})


@ROUTES.post("/api/trading/breakers/{breaker_id}/resolve", operation_id="clear_breaker", **steers(404))
async def clear_breaker(
    breaker_id: Annotated[str, Path(max_length=80)], said: Clear, desk: DeskHere, caller: CallerHere
) -> Answer:
    """End a breaker before its time, or one that was tripped by hand."""
    on = {breaker.breaker_id for breaker in (await desk.standing()).state.breakers.values()}
    if breaker_id not in on:
        raise Refusal(404, Code.NOT_FOUND, f"no breaker {common.shown(breaker_id)!r} is on")
    confirming.require(confirming.clearing(breaker_id), said.confirm)
    return await say(desk, caller, Word.CLEAR, {"breaker": breaker_id})


@ROUTES.put("/api/trading/tier", operation_id="set_tier", **_STEERS)
async def set_tier(said: TierWish, desk: DeskHere, caller: CallerHere) -> Answer:
    """Choose the risk tier."""
    confirming.require(confirming.bolder(said.name, (await desk.standing()).state.tier), said.confirm)
    return await say(desk, caller, Word.TIER, {"name": said.name.value})


@ROUTES.post("/api/trading/reserve", operation_id="move_reserve", **_STEERS)
async def move_reserve(said: ReserveWish, desk: DeskHere, caller: CallerHere) -> Answer:
    """Move dollars into the reserve, or out of it."""
    amount = from_text(said.amount)
    if amount < 0:
        confirming.require(confirming.taking_out(usd(-amount)), said.confirm)
    return await say(desk, caller, Word.RESERVE, {"amount": said.amount, "note": common.shown(said.note)})


@ROUTES.get("/api/trading/config", operation_id="config", **wants(Scope.READ, 503))
async def config(desk: DeskHere) -> SettingsTold:
    """Every setting, as it holds now."""
    return told(await desk.settings(), tuple(known()))


@ROUTES.put("/api/trading/config", operation_id="set_config", **_STEERS)
async def set_config(said: SettingChange, desk: DeskHere, caller: CallerHere) -> Answer:
    """Change settings, from the next event on."""
    return await change(desk, caller, said.values.texts(), said.confirm)


async def change(desk: Desk, caller: Caller, wanted: dict[str, str], confirm: str) -> Answer:
    """Have `wanted` set. What contradicts the rules is refused; what is looser has to be confirmed."""
    if not wanted:
        raise Refusal(409, Code.REFUSED, "no setting is named", hint='for example "values": {"max_open_positions": 8}')
    now = await desk.settings()
    try:
        looser = config_differences.looser(from_mapping(wanted, now).policy, now.policy)
    except BadInput as error:
        raise Refusal(409, Code.REFUSED, error.message, hint=error.hint) from None
    confirming.require(asking.loosening(looser), confirm)
    return await say(desk, caller, Word.SET, wanted)


def told(settings: Settings, names: tuple[str, ...]) -> SettingsTold:
    """Return the settings of these `names` as they are shown."""
    now, was = as_mapping(settings), as_mapping(Settings())
    return SettingsTold(
        settings={
            name: Setting(
                value=shown(name, now[name]) if isinstance(now[name], str) else now[name],
                default=was[name],
                unit=known()[name].metadata["unit"],
                about=known()[name].metadata["about"],
            )
            for name in names
        }
    )
