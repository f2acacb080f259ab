"""Mutations: in which small ways could a file be wrong?

What a mutation is, mutmut's operators say. Where one is made is ours: everywhere, in decorators, properties, class
bodies and constants too, but not in annotations, which nothing is computed from.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

_STATEMENTS = (libcst.SimpleStatementLine, libcst.BaseCompoundStatement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The function or method, not nested in another, whose body a mutation is in; `line` is that of its `def`,
    or of its first decorator.
    """

    name: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One small fault: the whole text of the file that has it, and where it is.

    `owner` is None when it is seen at import already. Tests that run one of `lines` can notice it, in an owner.
    """

    path: str
    line: int
    lines: range
    owner: Owner | None
    text: str

    def diff(self, original: str) -> str:
        """Return what differs from the `original` text of the file."""
        before, after = original.splitlines(), self.text.splitlines()
        shown = list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]
        return "\n".join(f"    {line}" for line in shown if not line.startswith("@@"))


def mutations(root: Path, path: str) -> list[Mutation]:
    """Return every mutation of the file `path` below `root`, in the order of the text, none of them twice."""
    text = (root / path).read_text()
    wrapper = MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)
    return _Maker(path, text, wrapper.module, wrapper.resolve(PositionProvider)).made()


class _Maker:
    def __init__(self, path: str, text: str, module: Any, positions: Any) -> None:
        self.path, self.text, self.module, self.positions = path, text, module, positions
        self.parts = [module.code_for_node(statement) for statement in module.body]
        self.start = "".join(module.code_for_node(line) for line in module.header)
        if self.start + "".join(self.parts) + "".join(map(module.code_for_node, module.footer)) != text:
            raise ValueError(f"{path} cannot be put together again from its statements")

    def made(self) -> list[Mutation]:
        found: dict[str, Mutation] = {}
        for number, top in enumerate(self.module.body):
            for node, new, owner, begins in self._changes(top, None, "", 0):
                text = self._with(number, top.deep_replace(node, new))
                if text != self.text and text not in found and _compiles(text):
                    lines = range(begins, self.positions[node].end.line + 1)
                    line = _first_difference(self.text, text)
                    found[text] = Mutation(path=self.path, line=line, lines=lines, owner=owner, text=text)
        return sorted(found.values(), key=lambda m: m.line)

    def _with(self, number: int, statement: Any) -> str:
        parts = [*self.parts[:number], self.module.code_for_node(statement), *self.parts[number + 1 :]]
        rest = self.text[len(self.start) + sum(map(len, self.parts)) :]
        return self.start + "".join(parts) + rest

    def _changes(
        self, node: Any, owner: Owner | None, within: str, begins: int
    ) -> Iterator[tuple[Any, Any, Owner | None, int]]:
        """Yield (node, what takes its place, owner, the line where its statement begins)."""
        if isinstance(node, libcst.Annotation):
            return
        if isinstance(node, _STATEMENTS):
            begins = self.positions[node].start.line
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                for new in operator(node):
                    yield node, new, owner, begins
        named = isinstance(node, (libcst.FunctionDef, libcst.ClassDef))
        inner = owner
        if named and owner is None:
            within = f"{within}.{node.name.value}" if within else node.name.value
            if isinstance(node, libcst.FunctionDef):
                inner = Owner(name=within, line=self._first_line(node))
        for child in node.children:
            yield from self._changes(child, inner if named and child is node.body else owner, within, begins)

    def _first_line(self, function: Any) -> int:
        return int(self.positions[(*function.decorators, function)[0]].start.line)


def _first_difference(one: str, other: str) -> int:
    pairs = zip(one.splitlines(), other.splitlines(), strict=False)
    return next((number for number, (a, b) in enumerate(pairs, 1) if a != b), 1)


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutation", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True
