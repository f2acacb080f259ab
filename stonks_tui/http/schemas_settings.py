"""Setting schemas: every setting by its name, with its kind and range, so that a program knows what may be said."""

from collections.abc import Iterable, Mapping
from dataclasses import Field as DataclassField
from dataclasses import fields
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, create_model

from engine.model.portfolio import RiskTierName
from engine.notification_settings import NotificationSettings
from engine.policy_mapping import Value
from engine.settings import Settings, as_mapping, known
from stonks_tui.http.schemas import Confirm, Said, Told

_CHOICES: Mapping[str, Any] = {"risk_tier": RiskTierName, "account": Literal["paper", "live"]}
CHANNELS = tuple(f.name for f in fields(NotificationSettings))
"""The settings that say how people are told."""


class Values(BaseModel):
    """Some settings by their names; those that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)

    def texts(self) -> dict[str, str]:
        """Return what was said, as a person would type it."""
        said = self.model_dump(by_alias=True, exclude_unset=True)
        return {name: text_of(value) for name, value in said.items() if value is not None}


def text_of(value: Value) -> str:
    """Return a value as a person would type it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value) if isinstance(value, float) else str(value)


def _is_whole(value: Any) -> Any:
    """Let 5.0 be 5 and nothing else; a bool is no number."""
    if isinstance(value, bool):
        raise ValueError("it is a number")
    return value


def _kind(name: str, field: DataclassField[Any], default: Value) -> Any:
    about = field.metadata
    unit = f" ({about['unit']})" if about["unit"] else ""
    words = f"{about['about']}{unit}"
    if name in _CHOICES:
        return Annotated[_CHOICES[name], Field(description=words)]
    if isinstance(default, bool):
        return Annotated[StrictBool, Field(description=words)]
    if isinstance(default, str):
        text = Field(description=words, max_length=200, pattern=r"^[ -~]*$")
        return Annotated[str, text]
    kind: Any = int if isinstance(default, int) else float
    limits = Field(description=words, ge=about["low"], le=about["high"], allow_inf_nan=False)
    return Annotated[kind, limits, BeforeValidator(_is_whole)]


def _made(title: str, names: Iterable[str], about: str) -> type[Values]:
    defaults, kinds = as_mapping(Settings()), known()
    made: dict[str, Any] = {
        name.replace(".", "__"): (_kind(name, kinds[name], defaults[name]) | None, Field(default=None, alias=name))
        for name in names
    }
    model: type[Values] = create_model(title, __base__=Values, __doc__=about, **made)
    return model


_SOME = "Some settings by their names; those that are left out stay as they are."
if TYPE_CHECKING:
    SettingValues = Values
    ChannelValues = Values
else:
    SettingValues = _made("SettingValues", known(), _SOME)
    ChannelValues = _made("ChannelValues", CHANNELS, "Of whom and how people are told: " + _SOME)


class SettingChange(Said):
    """Settings to change, from the next event on. What lets the engine risk more asks for `confirm`: loosen."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"values": {"max_open_positions": 8}, "confirm": "loosen"}]}
    )

    values: SettingValues
    confirm: Confirm = ""


class ChannelChange(Said):
    """How people are told, from the next event on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"values": {"sms_max_per_hour": 5}}]})

    values: ChannelValues


class Setting(Told):
    """One setting. An address is shown only in part."""

    value: bool | int | float | str
    default: bool | int | float | str
    unit: str
    about: str


class SettingsTold(Told):
    """Every setting by its name."""

    settings: dict[str, Setting]
