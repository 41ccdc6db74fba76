"""The import direction that the README draws."""

import ast
import subprocess
import sys

import pytest

#: Who may import what of the package; a name stands for all that is under it, and the longest one that fits counts.
MAY = {
    "__init__": {"tagger"},
    "errors": set(),
    "text": {"errors", "text"},
    "text.tokens": set(),
    "text.corpus": {"text.tokens"},
    "text.line_rules": {"errors"},
    "text.lines": {"errors", "text.line_rules"},
    "text.entity_columns": {"text.tokens"},
    "text.tag_columns": {"errors", "text.entity_columns", "text.tagging"},
    "text.vocabulary": set(),
    "text.words": {"text.vocabulary"},
    "text.features": {"text.vocabulary"},
    "text.windows": {"text.vocabulary"},
    "text.documents": {"text.features", "text.vocabulary"},
    "text.lexicon": {"text.documents", "text.tagging", "text.vocabulary"},
    "text.encoding": {
        *("text.documents", "text.features", "text.lexicon", "text.tagging", "text.tokens", "text.vocabulary"),
        "text.windows",
    },
    "nn": {"nn"},
    "evaluation": {"text.entity_columns", "text.tag_columns", "text.tokens", "evaluation"},
    "claims": {"errors"},
    "exchange": set(),
    "interrupts": set(),
    "collector": set(),
    "model_files": {"errors"},
    "storage": {"errors", "claims", "exchange", "model_files", "nn.gradients"},
    "description": {"nn", "text.features", "text.tagging"},
    "config": {"errors", "text.features", "text.tagging", "text.vectors", "nn.optimizers", "config"},
    "tables": {
        *("errors", "config", "nn.gradients", "nn.initialization", "text.documents", "text.features", "text.vectors"),
        *("text.vocabulary", "text.words"),
    },
    "tagger": {"errors", "text", "nn", "description", "storage"},
    "training": {"errors", "nn", "config", "text.encoding", "text.vocabulary"},
    "spacy_component": {"prediction.threshold", "tagger", "text.encoding", "text.tag_columns", "text.tokens"},
    "projections": {"nn.gradients", "nn.network", "tagger", "text.tokens", "text.windows"},
    "prediction": {"errors", "claims", "exchange", "text", "tagger", "projections", "prediction"},
    "batch": {
        *("errors", "claims", "collector", "exchange", "text", "tagger"),
        *("projections", "prediction", "cluster", "batch"),
    },
    "scoring": {"errors", "text", "evaluation", "tagger"},
    "run": {"errors", "text", "nn", "evaluation", "storage", "config", "tagger", "training", "scoring", "versions"},
    "teacher": {"errors", "text.labelled", "text.tagging", "nn.distillation", "storage", "config", "tagger"},
    "experiment": {"errors", "text", "nn", "config", "tables", "tagger", "training", "run", "teacher", "storage"},
    "ensemble": {"errors", "claims", "text", "config", "tagger", "scoring", "run", "experiment", "storage", "versions"},
    "threads": set(),
    "versions": set(),
    "cluster": {"errors", "threads", "versions"},
    "sweep": {
        *("errors", "evaluation", "config", "experiment", "run", "storage", "training", "scoring", "tagger", "cluster"),
        *("text.line_rules", "sweep", "versions"),
    },
    "inspection": {
        *("errors", "claims", "text", "nn", "config", "tables", "tagger", "experiment", "prediction", "evaluation"),
        *("scoring", "training", "projections", "inspection"),
    },
    "comparison": {
        *("errors", "text", "evaluation", "storage", "config", "tagger", "scoring", "experiment", "sweep.folders"),
        "comparison",
    },
    "checks": {"errors", "config", "text", "checks"},
    "starter": {"errors", "config", "sweep.schema"},
    "fetch": {"errors", "text.conll", "fetch"},
    "fetch.transfer": {"errors"},
    "report.changes": {"text.rewriting", "text.tag_changes"},
    "report.configs": {"errors", "config", "report.tables"},
    "report": {
        "errors", "config", "evaluation", "nn.gradients", "nn.graph", "nn.gradcheck", "inspection", "sweep", "report",
        "checks", "comparison", "fetch", "text.files",
    },
}  # fmt: skip
#: Who may import all.
FREE = {"cli", "__main__"}
#: Third-party packages that only one module may import.
OWNERS = {
    "gensim": "text.keyed_vectors",
    "yaml": "config",
    "typer": "cli",
    "tqdm": "cli",
    "nltk": "text.tokenizer",
    "spacy": "spacy_component",
    "pooch": "fetch.collection",
    "requests": "fetch.transfer",
}


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _modules(root):
    for path in sorted((root / "ner_window").rglob("*.py")):
        yield path, ".".join(path.relative_to(root / "ner_window").with_suffix("").parts).removesuffix(".__init__")


def _within(name, room):
    return name == room or name.startswith(f"{room}.")


def _imports_within(root):
    """Yield the entry of `MAY` that a module falls under, the module, and a module of the package that it imports."""
    for path, module in _modules(root):
        if module.partition(".")[0] not in FREE:
            room = max((room for room in MAY if _within(module, room)), key=len, default=None)
            assert room, f"{module}: say in MAY what it may import"
            for imported in _imports(path):
                name = imported.removeprefix("ner_window.")
                place = root / "ner_window" / name.replace(".", "/")
                if name != imported and (place.with_suffix(".py").exists() or (place / "__init__.py").exists()):
                    yield room, module, name


def test_rooms_import_downwards_only(root):
    found = list(_imports_within(root))
    for room, module, name in found:
        assert any(_within(name, allowed) for allowed in MAY[room]), f"{module} imports {name}"
    assert len(found) > 100


def test_rooms_may_import_only_what_they_do(root):
    used = [(room, name) for room, _, name in _imports_within(root)]
    for room, rooms in MAY.items():
        for allowed in rooms:
            assert any(r == room and _within(name, allowed) for r, name in used), f"{room} does not import {allowed}"


def test_packages_with_one_owner(root):
    for path, module in _modules(root):
        for imported in _imports(path):
            owner = OWNERS.get(imported.partition(".")[0])
            assert owner is None or _within(module, owner), f"{module} imports {imported}"


@pytest.mark.parametrize(
    ("arguments", "banned"),
    [
        (["--help"], {"gensim", "scipy", "numpy", "pydantic", "rich"}),
        (["predict", "--help"], {"gensim", "scipy", "numpy"}),
    ],
)
def test_help_is_lean(arguments, banned):
    code = (
        "import sys; sys.argv = ['ner-window', *ARGUMENTS]\nfrom ner_window.cli import app\n"
        "try: app()\nexcept SystemExit: pass\nprint('MODULES', *sorted({m.partition('.')[0] for m in sys.modules}))"
    ).replace("ARGUMENTS", repr(arguments))
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = set(output.rpartition("MODULES")[2].split())
    assert "typer" in loaded
    assert not loaded & banned


@pytest.mark.parametrize(
    ("format_", "banned"),
    [("tokens", {"nltk", "regex"}), ("conll", {"nltk", "regex"}), ("jsonl", {"nltk", "regex"}), ("text", set())],
)
def test_predict_is_lean(model, format_, banned):
    code = (
        f"import sys; sys.argv = ['ner-window', 'predict', {str(model)!r}, '--input-format', {format_!r}]\n"
        "from ner_window.cli import app\n"
        "try: app()\nexcept SystemExit: pass\nprint('MODULES', *sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    text = '{"tokens": ["Ana", "sings"]}\n' if format_ == "jsonl" else "Ana lives in Berlin.\n"
    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rpartition("MODULES")[2].split())
    assert "safetensors" in loaded
    assert not loaded & ({"gensim", "scipy", "yaml", "sklearn", "tqdm", "matplotlib", "fsspec", "distributed"} | banned)
