"""The text of a state, made piece by piece: to the letter that of the codec, whatever the state has been through."""

from hypothesis import given, settings

from engine import codec
from engine.state_text import StateText
from engine.trader import Trader
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support import live
from tests.support.markets import IntradayWorld, intraday_worlds


@settings(max_examples=8, deadline=None)
@given(intraday_worlds(with_splits=True, max_days=3))
async def test_it_is_the_text_of_the_codec_after_every_turn(world: IntradayWorld) -> None:
    store = InMemoryLiveStore(live.account_of(world))
    again = StateText()
    turns = 0

    def check(trader: Trader) -> None:
        nonlocal turns
        turns += 1
        plain = codec.text(codec.state_to_plain(trader.state))
        assert again.of(trader.state) == plain
        assert again.of(trader.state) == plain

    await live.play(world, store, InMemoryPaperMemory(), on_turn=check)
    assert turns > 5
