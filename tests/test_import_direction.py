"""The import direction that the README draws."""

import ast
import subprocess
import sys

import pytest

#: Who may import what of the package; a name stands for all that is under it.
MAY = {
    "errors": set(),
    "text": {"errors", "text"},
    "nn": {"nn"},
    "evaluation": {"text.tagging", "evaluation"},
    "storage": {"errors", "nn.gradients"},
    "config": {"errors", "text", "nn.optimizers"},
    "tagger": {"errors", "text", "nn", "storage"},
    "training": {"errors", "nn", "config", "tagger"},
    "prediction": {"errors", "text", "tagger"},
    "scoring": {"errors", "text", "evaluation", "tagger"},
    "experiment": {"errors", "text", "nn", "storage", "config", "tagger", "training", "scoring"},
    "sweep": {"errors", "config", "experiment", "storage", "training", "sweep"},
    "inspection": {
        *("errors", "text", "nn", "config", "tagger", "experiment", "prediction", "evaluation", "scoring"),
        *("training", "inspection"),
    },
    "report": {
        "errors", "evaluation", "nn.gradients", "nn.graph", "nn.gradcheck", "inspection", "sweep", "report"
    },
}  # fmt: skip
#: Third-party packages that only one module may import.
OWNERS = {"gensim": "text.keyed_vectors", "yaml": "config", "typer": "cli", "tqdm": "cli", "nltk": "text.tokenizer"}


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


def test_rooms_import_downwards_only(root):
    checked = 0
    for path, module in _modules(root):
        room = module.partition(".")[0]
        for imported in _imports(path):
            if room in MAY and imported.startswith("ner_window."):
                name = imported.removeprefix("ner_window.")
                known = (root / "ner_window" / name.replace(".", "/")).with_suffix(".py").exists()
                if known:
                    assert any(_within(name, allowed) for allowed in MAY[room]), f"{module} imports {name}"
                    checked += 1
    assert checked > 40


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


def test_predict_is_lean(model):
    code = (
        f"import sys; sys.argv = ['ner-window', 'predict', {str(model)!r}, '--input-format', 'text']\n"
        "from ner_window.cli import app\n"
        "try: app()\nexcept SystemExit: pass\nprint('MODULES', *sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input="Ana lives in Berlin.\n", capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.rpartition("MODULES")[2].split())
    assert "safetensors" in loaded
    assert not loaded & {"gensim", "scipy", "yaml", "sklearn", "tqdm"}
