"""The copy of the project that is mutated: what the tests of the mutated modules need, and mutmut's configuration."""

from pathlib import Path

import libcst as cst

PROJECT = Path(__file__).resolve().parents[2]
COPY = PROJECT / ".mutants" / "copy"

#: The modules whose mutants are run, as globs in the project.
MUTATED = ("ner_window/nn/*.py", "ner_window/evaluation/metrics.py", "ner_window/evaluation/significance.py")

#: What is copied, as globs in the project.
COPIED = ("ner_window/**/*.py", "tests/conftest.py", "tests/nn/*.py", "tests/evaluation/*.py", "pyproject.toml")

#: A line that raises an error is left as it is: its message is not maths, and that it is raised the `if` above decides.
#: Hypothesis draws the same examples at each run (its profile "ci"), so that a survivor is one at the next run, too.
CONFIGURATION = r"""
[tool.mutmut]
source_paths = ["ner_window"]
only_mutate = {mutated}
do_not_mutate_patterns = ['^\s*raise \w+']
pytest_add_cli_args_test_selection = ["tests/nn", "tests/evaluation"]
pytest_add_cli_args = ["--hypothesis-profile=ci", "-p", "no:cacheprovider"]
timeout_multiplier = 4.0
timeout_constant = 2.0
use_git_change_detection = false
"""


def modules(project: Path = PROJECT) -> list[Path]:
    """Return the modules to mutate, relative to the project."""
    found = sorted(path for pattern in MUTATED for path in project.glob(pattern))
    return [path.relative_to(project) for path in found if path.name != "__init__.py"]


def mirror() -> None:
    """Bring the copy up to date. Files that did not change keep their time, so that mutmut keeps their results."""
    mutated = set(modules())
    wanted = {}
    for source in (source for pattern in COPIED for source in PROJECT.glob(pattern)):
        name, text = source.relative_to(PROJECT), source.read_text("utf-8")
        wanted[name] = undecorated(text) if name in mutated else text
    wanted[Path("pyproject.toml")] += CONFIGURATION.format(mutated=list(MUTATED))
    for old in [path for folder in ("ner_window", "tests") for path in (COPY / folder).rglob("*.py")]:
        if old.relative_to(COPY) not in wanted:
            old.unlink()
    for name, text in wanted.items():
        copied = COPY / name
        if not copied.exists() or copied.read_text("utf-8") != text:
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_text(text, "utf-8")


def undecorated(code: str) -> str:
    """Return code in which a property is made by an assignment after its function: mutmut skips decorated functions."""
    return cst.parse_module(code).visit(_Undecorate()).code


class _Undecorate(cst.CSTTransformer):
    def leave_FunctionDef(  # noqa: N802
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        """Turn a decorator into an assignment, where it is the only one."""
        decorators = [d.decorator.value for d in updated_node.decorators if isinstance(d.decorator, cst.Name)]
        if decorators not in (["property"], ["cached_property"]):
            return updated_node
        name = updated_node.name.value
        assignment = cst.parse_statement(f"{name} = {decorators[0]}({name})")
        return cst.FlattenSentinel([updated_node.with_changes(decorators=()), assignment])
