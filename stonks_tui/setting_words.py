"""Setting words: what does a person ask of the engine who types `:set max_open_positions 8`?"""

import re

from engine.errors import BadInput
from engine.model.audit import Asked, Word
from engine.policy_mapping import convert
from stonks_tui.config_names import PAUSED

_ACCOUNT = "account"
_PARTS = re.compile(r"([^\s=]*)(\s*=\s*|\s+|$)(.*)", re.DOTALL)


def asked(text: str) -> Asked:
    """Return what is asked by `text`, a name and a value with `=` or a blank between them; `NAME=` empties a setting.

    Raises BadInput for what is no setting, or none that is changed from a screen while an account trades. The value is
    for the engine to judge.
    """
    found = _PARTS.fullmatch(text.strip())
    name, between, value = found.groups() if found else ("", "", "")
    if not name or not (value or "=" in between):
        raise BadInput("a setting wants its name and its value", hint="such as :set max_open_positions 8")
    if name == PAUSED:
        return Asked(word=Word.PAUSE if _is_yes(value) else Word.RESUME)
    require_changeable_here(name)
    return Asked(word=Word.SET, arguments={name: value.strip()})


def require_changeable_here(name: str) -> None:
    """Raise BadInput, saying where it belongs, unless `name` may be changed from a screen while an account trades."""
    from stonks_tui.configuration import require_changeable  # it knows the engine, which the first frame does not need

    if name == PAUSED:
        return
    require_changeable(name)
    if name == _ACCOUNT:
        raise BadInput(
            "between paper and live nobody goes from a screen", hint="stonks config set account=… outside of it"
        )


def _is_yes(text: str) -> bool:
    try:
        return bool(convert(PAUSED, text.strip(), False))
    except BadInput as error:
        raise BadInput(error.message, hint="it is yes or no") from None
