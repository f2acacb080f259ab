"""Mutant runner: which mutations do the tests notice?

Nothing is started twice. One process imports the program and collects the tests once; for each mutation it forks, the
child puts the changed code into the function that is already there and runs the tests that go through the changed
lines until one fails: first those that noticed other changes of this function, then the quickest. What is wrong at
import already (constants, decorators, class bodies) forks from a process without the program, imports the changed file
and collects the tests anew.
"""

import contextlib
import gc
import importlib.abc
import importlib.util
import math
import mmap
import os
import pickle
import resource
import signal
import sys
import time
import traceback
import types
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import coverage
import pytest
from hypothesis import settings

from tools.mutations import Mutation, Owner

TESTS = ("tests/unit/engine", "tests/property", "tests/golden")
EXAMPLES = 15
FILES_AT_FIRST = 5
_ARGUMENTS = (
    *("-q", "--tb=no", "--capture=no", "--continue-on-collection-errors", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # this process has imported hypothesis already
    *("-o", "timeout=0", "-o", "addopts=--import-mode=importlib"),
)
_LOG = Path("mutants.log")
_MEMORY = 3 << 30
_UNNOTICED, _NOTICED, _NOT_HERE, _TOO_LONG = 0, 1, 77, 78  # exit codes of the children


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"
    NO_TESTS = "no tests"


class Outcome(NamedTuple):
    """What became of `mutation`, and how long it took."""

    mutation: Mutation
    fate: Fate
    seconds: float


@dataclass(slots=True)
class Baseline:
    """The tests as they are without any mutation: how long each takes, and which run which line of which file.

    `unusable` are tests that fail already, and files that cannot be collected.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    by_line: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    unusable: list[str] = field(default_factory=list)

    def covering(self, mutation: Mutation) -> list[str]:
        """Return the tests that run a line that can notice `mutation`: the quickest first, and as long of each file."""
        lines = self.by_line.get(mutation.path, {})
        tests = {test for line in (mutation.lines if mutation.owner else lines) for test in lines.get(line, ())}
        spent: dict[str, float] = defaultdict(float)
        until: dict[str, float] = {}
        for test in sorted(tests, key=lambda test: (self.seconds[test], test)):
            spent[_file_of(test)] += self.seconds[test]
            until[test] = spent[_file_of(test)]
        return sorted(until, key=lambda test: (until[test], test))

    def in_turn(self, mutation: Mutation) -> Iterator[list[str]]:
        """Yield all tests, those of a few files first: of the quick ones among those that run a line of its file.

        What is wrong at import can be noticed without: an instance is made by a method that is nowhere written. And
        to collect all tests takes longer than to run most of them.
        """
        through = set(map(_file_of, self.covering(mutation)))
        by_file: dict[str, float] = defaultdict(float)
        for test, seconds in self.seconds.items():
            by_file[_file_of(test)] += seconds
        first = sorted(by_file, key=lambda file: (file not in through, by_file[file]))[:FILES_AT_FIRST]
        tests = sorted(self.seconds, key=lambda test: (self.seconds[test], test))
        yield [test for test in tests if _file_of(test) in first]
        yield [test for test in tests if _file_of(test) not in first]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much to do at once, and how hard to look.

    `examples` is the most that a property tries, `budget_seconds` how long the tests of one mutant may take together:
    one that is not noticed by then has survived.
    """

    jobs: int = 1
    examples: int = EXAMPLES
    budget_seconds: float = math.inf


def examine(mutations: Sequence[Mutation], effort: Effort, *, tell: Callable[[str], None]) -> Iterator[Outcome]:
    """Yield what becomes of each of `mutations` of the working copy in which this process is, as soon as it is known.

    `tell` is given sentences about tests that cannot be used. Nothing of the program may be imported here.
    """
    inside = [m for m in mutations if m.owner]
    paths = sorted({m.path for m in mutations})
    reading, writing = os.pipe()
    pid = _fork(lambda: _session(inside, paths, effort, writing))
    os.close(writing)
    try:
        left = {id(m): m for m in mutations}
        with os.fdopen(reading, "rb") as pipe, contextlib.suppress(EOFError):
            baseline: Baseline = pickle.load(pipe)
            total = sum(baseline.seconds.values())
            tell(f"{len(baseline.seconds)} tests, {total:.0f} seconds while they are measured")
            for unusable in baseline.unusable:
                tell(f"not used, because it fails without any mutation: {unusable}")
            while True:
                number, fate, seconds = pickle.load(pipe)
                yield Outcome(left.pop(id(inside[number])), fate, seconds)
    except BaseException:
        os.kill(pid, signal.SIGTERM)
        raise
    finally:
        status = os.waitpid(pid, 0)[1]
    if status:
        raise SystemExit(f"{_LOG.read_text()}\nthe tests could not be run")
    anew = ((m, _task(_import_anew, m, baseline, effort)) for m in left.values())
    for ended in _forked(anew, effort.jobs):
        yield Outcome(ended.key, _fate(ended.status), ended.seconds)


def _session(inside: Sequence[Mutation], paths: Sequence[str], effort: Effort, pipe: int) -> int:
    _be_silent(_LOG)
    plugin = _Session(inside, paths, effort, pipe)
    status = pytest.main([*_ARGUMENTS, *TESTS], plugins=[plugin])
    return 0 if plugin.ended else int(status) or 1


class _Session:
    """Takes the place of pytest's own loop over the tests."""

    def __init__(self, inside: Sequence[Mutation], paths: Sequence[str], effort: Effort, pipe: int) -> None:
        self.inside, self.paths, self.effort, self.pipe = inside, paths, effort, pipe
        self.ended = False
        self.uncollected: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.uncollected.append(report.nodeid)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        _use_few_examples(items, self.effort.examples)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        notes = Path("baseline.pickle")
        for ended in _forked([(None, _task(_measure, session, self.paths, self.uncollected, notes))], 1):
            if ended.status:
                raise SystemExit(f"the tests could not be measured (status {ended.status})")
        baseline: Baseline = pickle.loads(notes.read_bytes())
        self._say(baseline)
        attempt = _Attempt(session, baseline, _functions(self.paths), len(self.inside), self.effort.budget_seconds)
        gc.collect()
        gc.freeze()
        for ended in _forked(self._tasks(attempt), self.effort.jobs):
            if ended.status == _NOTICED:
                attempt.learn(self.inside[ended.key], ended.key)
            if ended.status != _NOT_HERE:
                self._say((ended.key, _fate(ended.status), ended.seconds))
        self.ended = True
        return True

    def _tasks(self, attempt: "_Attempt") -> Iterator[tuple[int, Callable[[], int]]]:
        for number, mutation in enumerate(self.inside):
            if tests := attempt.tests(mutation):
                yield number, _task(attempt.made, mutation, number, tests)
            else:
                self._say((number, Fate.NO_TESTS, 0.0))

    def _say(self, what: object) -> None:
        with os.fdopen(os.dup(self.pipe), "wb") as pipe:
            pickle.dump(what, pipe)


class _Attempt:
    """Tries mutations of functions that are in memory; learns which tests notice those of a function."""

    def __init__(
        self, session: pytest.Session, baseline: Baseline, functions: "Functions", count: int, budget_seconds: float
    ) -> None:
        self.session, self.baseline, self.functions = session, baseline, functions
        self.budget_seconds = budget_seconds
        self.items = {item.nodeid: item for item in session.items}
        self.noticed_by: dict[tuple[str, Owner | None], Counter[str]] = defaultdict(Counter)
        self.marks = array_in_common(count)

    def tests(self, mutation: Mutation) -> list[str]:
        """Return the tests that can notice `mutation`: what noticed others of its function, then the quickest."""
        tests = self.baseline.covering(mutation)
        known = [test for test, _ in self.noticed_by[mutation.path, mutation.owner].most_common(5) if test in tests]
        return _within(list(dict.fromkeys([*known, *tests])), self.baseline.seconds, self.budget_seconds)

    def learn(self, mutation: Mutation, number: int) -> None:
        """Take note of the test that noticed `mutation`."""
        test = list(self.items)[self.marks[number]]
        self.noticed_by[mutation.path, mutation.owner][test] += 1

    def made(self, mutation: Mutation, number: int, tests: Sequence[str]) -> int:
        """Change the function that is there, and run `tests`, in a process that is given up after."""
        if not _put_in(mutation, self.functions):
            return _NOT_HERE
        noticed = _tried(self.session, [self.items[test] for test in tests], self.baseline.seconds)
        if noticed is None:
            return _UNNOTICED
        self.marks[number] = self.session.items.index(noticed)
        return _NOTICED


def _within(tests: list[str], seconds: Mapping[str, float], budget: float) -> list[str]:
    """Return the first of `tests` that take no more than `budget` seconds together, one at least."""
    spent = list(accumulate(seconds[test] for test in tests))
    return tests[: max(1, bisect_right(spent, budget))]


def array_in_common(count: int) -> "memoryview[int]":
    """Return `count` numbers that this process and its forks see and change."""
    return memoryview(mmap.mmap(-1, 4 * max(1, count))).cast("i")


def _measure(session: pytest.Session, paths: Sequence[str], uncollected: Iterable[str], notes: Path) -> int:
    baseline = Baseline(unusable=list(uncollected))
    session.testsfailed = 0
    os.environ["COVERAGE_CORE"] = "ctrace"  # the newer core knows no contexts
    measured = coverage.Coverage(data_file=None, config_file=False, include=[str(Path(p).resolve()) for p in paths])
    measured.start()
    for number, item in enumerate(session.items):
        measured.switch_context(item.nodeid)
        begun, failed = time.perf_counter(), session.testsfailed
        _run(item, session.items[number + 1 : number + 2])
        if session.testsfailed > failed:
            baseline.unusable.append(item.nodeid)
        else:
            baseline.seconds[item.nodeid] = time.perf_counter() - begun
    measured.stop()
    for path in paths:
        lines = measured.get_data().contexts_by_lineno(str(Path(path).resolve()))
        baseline.by_line[path] = {n: [t for t in tests if t in baseline.seconds] for n, tests in lines.items()}
    notes.write_bytes(pickle.dumps(baseline))
    return 0


Functions = Mapping[tuple[str, Owner], Sequence[types.FunctionType]]


def _functions(paths: Iterable[str]) -> Functions:
    """Return the functions of `paths` that are in memory, wherever they hang: in a class, a property, a decorator."""
    files = {str(Path(path).resolve()): path for path in paths}
    found: dict[tuple[str, Owner], list[types.FunctionType]] = defaultdict(list)
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__code__.co_filename in files:
            code = thing.__code__
            found[files[code.co_filename], Owner(name=code.co_qualname, line=code.co_firstlineno)].append(thing)
    return found


def _put_in(mutation: Mutation, functions: Functions) -> bool:
    """Change the function that is already there. False when there is none, or it closes over other names now."""
    assert mutation.owner is not None
    changed = _code_of(_compiled(mutation), mutation.owner)
    there = functions.get((mutation.path, mutation.owner), ())
    if changed is None or not there:
        return False
    try:
        for function in there:
            function.__code__ = changed
    except ValueError:
        return False
    return True


def _compiled(mutation: Mutation) -> types.CodeType:
    return compile(mutation.text, str(Path(mutation.path).resolve()), "exec", dont_inherit=True)


def _code_of(code: types.CodeType, owner: Owner) -> types.CodeType | None:
    if (code.co_qualname, code.co_firstlineno) == (owner.name, owner.line):
        return code
    inner = (_code_of(constant, owner) for constant in code.co_consts if isinstance(constant, types.CodeType))
    return next(filter(None, inner), None)


def _import_anew(mutation: Mutation, baseline: Baseline, effort: Effort) -> int:
    """Import the program with `mutation` in it, then run the tests."""
    for tests in filter(None, baseline.in_turn(mutation)):
        for ended in _forked([(None, _task(_collect_anew, mutation, tests, baseline.seconds, effort))], 1):
            if ended.status:
                return _TOO_LONG if _fate(ended.status) is Fate.TIMEOUT else _NOTICED
    return _UNNOTICED


def _collect_anew(mutation: Mutation, tests: Sequence[str], seconds: Mapping[str, float], effort: Effort) -> int:
    _be_silent(Path(os.devnull))
    sys.meta_path.insert(0, _Changed(mutation))
    pytest.main([*_ARGUMENTS, *dict.fromkeys(map(_file_of, tests))], plugins=[_Chosen(tests, seconds, effort)])
    return _NOTICED  # the plugin leaves when there was nothing to notice


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds one module, with a mutation in it."""

    def __init__(self, mutation: Mutation) -> None:
        self.mutation = mutation
        self.module = mutation.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> Any:
        if fullname != self.module:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(Path(self.mutation.path).resolve()))

    def get_source(self, _fullname: str) -> str:
        return self.mutation.text

    def get_code(self, _fullname: str) -> types.CodeType:
        return _compiled(self.mutation)


class _Chosen:
    """Runs the chosen tests in their order; what cannot be collected was noticed."""

    def __init__(self, tests: Sequence[str], seconds: Mapping[str, float], effort: Effort) -> None:
        self.tests, self.seconds, self.effort = tests, seconds, effort

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        _use_few_examples(items, self.effort.examples)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        if session.testsfailed or not items.keys() >= set(self.tests):
            os._exit(_NOTICED)
        noticed = _tried(session, [items[test] for test in self.tests], self.seconds)
        os._exit(_NOTICED if noticed else _UNNOTICED)


def _tried(session: pytest.Session, tests: Sequence[pytest.Item], seconds: Mapping[str, float]) -> pytest.Item | None:
    """Return the first of `tests` that fails."""
    session.testsfailed = 0
    for number, item in enumerate(tests):
        _limit(2 + 10 * seconds[item.nodeid])
        _run(item, tests[number + 1 : number + 2])
        if session.testsfailed:
            return item
    return None


def _run(item: pytest.Item, following: Sequence[pytest.Item]) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following[0] if following else None)


def _use_few_examples(items: Iterable[pytest.Item], examples: int) -> None:
    """Hold tests that ask for many examples to few: a profile does not reach those."""
    for item in items:
        test: Any = getattr(item, "obj", None)
        chosen = getattr(test, "_hypothesis_internal_use_settings", None)
        if chosen is not None and chosen.max_examples > examples:
            test._hypothesis_internal_use_settings = settings(chosen, max_examples=examples)


def _limit(seconds: float) -> None:
    """End this process when it computes for so long from now on, or waits for much longer."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_REAL, 60 + 20 * seconds)


class _Ended(NamedTuple):
    key: Any
    status: int
    seconds: float


def _task(function: Callable[..., int], *arguments: Any) -> Callable[[], int]:
    return lambda: function(*arguments)


def _forked(tasks: Iterable[tuple[Any, Callable[[], int]]], jobs: int) -> Iterator[_Ended]:
    """Run each task in a fork of this process, `jobs` at once; yield its key and its exit code, or minus its signal."""
    running: dict[int, tuple[Any, float]] = {}

    def ended() -> _Ended:
        pid, status = os.wait()
        key, begun = running.pop(pid)
        return _Ended(key, os.waitstatus_to_exitcode(status), time.perf_counter() - begun)

    try:
        for key, task in tasks:
            running[_fork(task)] = key, time.perf_counter()
            while len(running) >= jobs:
                yield ended()
        while running:
            yield ended()
    finally:
        for pid in running:
            os.kill(pid, signal.SIGTERM)


def _fork(task: Callable[[], int]) -> int:
    pid = os.fork()
    if pid == 0:
        os._exit(_as_child(task))
    return pid


def _as_child(task: Callable[[], int]) -> int:
    for number in (signal.SIGALRM, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_used_memory() + _MEMORY, resource.RLIM_INFINITY))
    try:
        return task()
    except BaseException:  # noqa: BLE001  # whatever a mutant raises, its child ends here
        traceback.print_exc()
        return _NOTICED


def _be_silent(log: Path) -> None:
    sys.stdout.flush()
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def _used_memory() -> int:
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 1 << 40


def _fate(status: int) -> Fate:
    if status == _UNNOTICED:
        return Fate.SURVIVED
    return Fate.TIMEOUT if status in (_TOO_LONG, -signal.SIGXCPU, -signal.SIGALRM) else Fate.KILLED


def _file_of(test: str) -> str:
    return test.partition("::")[0]
