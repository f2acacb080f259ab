"""What the doctor found, as people and programs read it; and what becomes of a check that breaks."""

import pytest

from engine.errors import BadInput, Unavailable
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.examination import SECTIONS, chosen, examine
from stonks_tui.doctor.findings import Answer, Finding, Level, Section, exit_code, ok, worst
from stonks_tui.reports import doctor_report
from tests.support.installation import NOW


def _finding(level: Level, *, section: str = "files", name: str = "disk-space", cure: str = "") -> Finding:
    return Finding(section=section, name=name, level=level, words=f"{level} " + "of many words " * 20, cure=cure)


def test_lines_fit_into_80_columns_and_name_the_cure_below_what_it_cures() -> None:
    findings = [_finding(Level.FAULT, cure="chmod 600 /somewhere " * 9), _finding(Level.OK, section="market")]
    lines = list(doctor_report.lines(findings))
    assert max(map(len, lines)) <= 80
    assert lines[0] == "files"
    assert lines[1].startswith("  ✗ disk-space  fault of many words")
    cure = next(i for i, line in enumerate(lines) if "→" in line)
    assert lines[cure].startswith("      → chmod 600 /somewhere chmod")
    assert lines.index("market") > cure
    assert lines[-1] == "1 fault; 0 notes, 2 checks"


def test_a_path_is_never_cut() -> None:
    path = "/a" * 60
    assert any(path in line for line in doctor_report.lines([_finding(Level.FAULT, cure=f"chmod 600 {path}")]))


def test_in_ascii_there_is_nothing_else() -> None:
    findings = [_finding(level, cure="do it") for level in Level]
    assert "\n".join(doctor_report.lines(findings, ascii_only=True)).isascii()


@pytest.mark.parametrize(
    ("levels", "code", "summary"),
    [
        ((), 0, "nothing is wrong; 0 notes, 0 checks"),
        ((Level.OK, Level.NOTE), 0, "nothing is wrong; 1 note, 2 checks"),
        ((Level.NOTE, Level.WARNING, Level.WARNING), 3, "2 warnings; 1 note, 3 checks"),
        ((Level.WARNING, Level.FAULT, Level.OK), 1, "1 fault and 1 warning; 0 notes, 3 checks"),
    ],
)
def test_the_worst_decides_how_it_ends(levels: tuple[Level, ...], code: int, summary: str) -> None:
    findings = [_finding(level) for level in levels]
    assert exit_code(findings) == code
    assert list(doctor_report.lines(findings))[-1] == summary
    plain = doctor_report.as_plain(findings)
    assert (plain["worst"], plain["exit_code"]) == (worst(findings).value, code)
    assert [found["level"] for found in plain["findings"]] == [level.value for level in levels]


def test_a_check_that_breaks_is_a_fault_and_the_others_are_made(healthy: Circumstances) -> None:
    def broken(_: Circumstances) -> Answer:
        raise ZeroDivisionError("by nothing")

    section = Section(name="files", checks={"one": lambda _: ok("well"), "two": broken, "three": lambda _: ok("too")})
    found = list(examine(healthy, (section,)))
    assert [(f.name, f.level) for f in found] == [
        ("one", Level.OK),
        ("check-failed", Level.FAULT),
        ("three", Level.OK),
    ]
    assert found[1].words == "the check two broke: ZeroDivisionError: by nothing"
    assert found[1].cure


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unavailable("it is not there"), "not looked at: it is not there"),
        (PermissionError(13, "Permission denied", "/x"), "not looked at: /x: Permission denied"),
    ],
)
def test_a_check_that_cannot_be_made_says_why(healthy: Circumstances, error: Exception, words: str) -> None:
    def nowhere(_: Circumstances) -> Answer:
        raise error

    (found,) = examine(healthy, (Section(name="files", checks={"one": nowhere}),))
    assert (found.name, found.level, found.words) == ("one", Level.NOTE, words)


def test_sections_are_chosen_by_name_in_their_own_order() -> None:
    assert chosen([]) == SECTIONS
    assert [section.name for section in chosen(["market", "files"])] == ["files", "market"]
    with pytest.raises(BadInput, match="there is no section 'nothing'"):
        chosen(["files", "nothing"])


def test_every_check_has_a_name_of_its_own() -> None:
    names = [name for section in SECTIONS for name in section.checks]
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").isalpha() and name.islower() for name in names)


@pytest.fixture
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Circumstances:
    """Circumstances that nobody looks at."""
    return Circumstances(folder=tmp_path_factory.getbasetemp(), now=NOW)
