"""Run form: a dialog in which a person describes a backtest."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from stonks_tui.view_models import run_form
from stonks_tui.view_models.run_form import FIELDS, Form
from stonks_tui.widgets.typed_line import TypedLine


class RunFormDialog(ModalScreen[tuple[str, ...] | None]):
    """A line for each field. Enter goes to the next one and, from the last, runs; Esc leaves. Nothing wrong is run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False, priority=True),
        Binding("tab,down", "move(1)", show=False, priority=True),
        Binding("shift+tab,up", "move(-1)", show=False, priority=True),
        Binding("enter", "enter", show=False, priority=True),
    ]

    def __init__(self, form: Form, data_dir: Path) -> None:
        super().__init__()
        self.form = form
        self.data_dir = data_dir
        self._wrong: Mapping[str, str] = {}

    def compose(self) -> ComposeResult:
        """Lay out the fields."""
        with VerticalScroll(id="form") as box:
            box.border_title = "A backtest"
            box.border_subtitle = "Enter next, and runs from the last line · Esc leaves"
            for field in FIELDS:
                with Horizontal(classes="field"):
                    yield Label(field.label, classes="field--label")
                    yield TypedLine(
                        self.form.value(field.name),
                        placeholder=" | ".join(field.choices) or field.hint,
                        id=field.name,
                        compact=True,
                    )
            yield Static("", id="hint", markup=False)
            yield Static("", id="line", markup=False)

    def on_mount(self) -> None:
        """Begin in the first field."""
        self.query_one(f"#{FIELDS[0].name}").focus()
        self._look()

    @on(Input.Changed)
    def changed(self) -> None:
        """Look at once whether it is all right."""
        self._look()

    def on_descendant_focus(self, _: events.DescendantFocus) -> None:
        """Say what may stand in the field."""
        self._look()

    def action_move(self, step: int) -> None:
        """Go to another field."""
        inputs = list(self.query(Input))
        place = next((i for i, field in enumerate(inputs) if field is self.focused), 0)
        self.set_focus(inputs[(place + step) % len(inputs)])

    async def action_enter(self) -> None:
        """Go to the next field; from the last one run, unless something is wrong: then go there."""
        inputs = list(self.query(TypedLine))
        if self.focused is not inputs[-1]:
            self.action_move(1)
            return
        for field in inputs:
            await field.typed_so_far()
        self._look()
        if self._wrong:
            self.set_focus(self.query_one(f"#{next(iter(self._wrong))}"))
        else:
            self.dismiss(run_form.arguments(self.form, self.data_dir))

    def action_leave(self) -> None:
        """Esc: nothing is run."""
        self.dismiss(None)

    def _look(self) -> None:
        for line in self.query(Input):
            self.form = self.form.changed(line.id or "", line.value)
        self._wrong = {**_missing(self.form), **run_form.check(self.form, self.data_dir)}
        for field in FIELDS:
            self.query_one(f"#{field.name}", Input).set_class(field.name in self._wrong, "-wrong")
        focused = self.focused.id if self.focused is not None else ""
        if self._wrong:
            name = focused if focused in self._wrong else next(iter(self._wrong))
            label = next(f.label for f in FIELDS if f.name == name)
            said = f"✗ {label}: {self._wrong[name]}"
        else:
            said = next((f.hint for f in FIELDS if f.name == focused), "")
        self.query_one("#hint", Static).update(said)
        self.query_one("#line", Static).update(run_form.command_line(self.form, self.data_dir))


def _missing(form: Form) -> dict[str, str]:
    """Return which fields name a file that is not there."""
    found: dict[str, str] = {}
    for name, paths in run_form.paths(form).items():
        gone = [str(path) for path in paths if not path.is_file()]
        if gone:
            found[name] = f"there is no file {gone[0]}"
    return found
