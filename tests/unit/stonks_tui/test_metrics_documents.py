"""What is written of the numbers at /metrics, and the dashboard over them, keep to the numbers that there are."""

import json
import re
from pathlib import Path

from stonks_tui.metric_names import METRICS

ROOT = Path(__file__).resolve().parents[3]


def test_the_document_lists_every_number_and_no_other() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text()
    rows = dict(re.findall(r"^\| `(stonks_\w+)` (\| .*)$", text, re.MULTILINE))
    assert list(rows) == [
        *(n for n, m in METRICS.items() if m.kind == "counter"),
        *(n for n, m in METRICS.items() if m.kind == "gauge"),
    ]
    for name, row in rows.items():
        labels = ", ".join(f"`{label}`" for label in METRICS[name].labels)
        assert row == f"| {labels} | {METRICS[name].words} |"


_PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total"}


def test_each_number_of_the_dashboard_exists_with_the_labels_that_it_is_asked_by() -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "stonks.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    named = {name for expression in asked for name in re.findall(r"\b(?:stonks|process)_\w+", expression)}
    assert named <= set(METRICS) | _PROCESS
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            labels = {label for n in named if n in target["expr"] and n in METRICS for label in METRICS[n].labels}
            wanted = re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
            grouped = re.findall(r"by \(([^)]*)\)", target["expr"])
            assert {*wanted, *(name.strip() for names in grouped for name in names.split(","))} <= labels | {"instance"}


def test_the_dashboard_shows_nearly_everything() -> None:
    text = (ROOT / "deploy" / "grafana" / "stonks.json").read_text()
    missing = {name for name in METRICS if name not in text}
    assert missing == {
        "stonks_filled_shares_total", "stonks_orders_cancel_asked_total", "stonks_notices_total", "stonks_last_turn",
    }  # fmt: skip


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "stonks.json").read_text())
    panels = dashboard["panels"]
    assert (dashboard["schemaVersion"], dashboard["uid"], dashboard["title"]) == (39, "stonks-engine", "Stonks engine")
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {panel["type"] for panel in panels} == {"row", "stat", "timeseries"}
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + across, place["y"] + down) for across in range(place["w"]) for down in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells
        references = [target["refId"] for target in panel.get("targets", [])]
        assert len(set(references)) == len(references)
        assert all(target["datasource"]["uid"] == "${source}" for target in panel.get("targets", []))
