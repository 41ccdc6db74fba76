"""The test set, which is looked at once: for the setting that was chosen on dev."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ner_window.config import load_config
from ner_window.errors import ConfigError
from ner_window.experiment import Sources
from ner_window.scoring import evaluate, evaluation_json
from ner_window.sweep.folders import Outcome, rebuild
from ner_window.sweep.plan import Sweep
from ner_window.sweep.results import chosen
from ner_window.text.line_rules import Layout


def refuse_without_test(sweep: Sweep) -> None:
    """Raise `ConfigError` if no test set is known, before any run."""
    data = sweep.options.base.get("data", {})
    configs = [run.config for run in sweep.runs]
    if any(config.data.test is None for config in configs) or (not configs and not data.get("test")):
        raise ConfigError("--test: data.test is not set; set it in the base config or with --set data.test=...")
    for path in sorted({config.data.test or "" for config in configs} or {data["test"]}):
        if not Path(path).exists():
            raise ConfigError(
                f"--test: data.test: does not exist, got {path!r}; it is looked at when all runs have ended"
            )


def scores_on_test(sweep: Sweep, outcomes: Sequence[Outcome], directory: Path) -> dict[str, Any]:
    """Score the test set by each seed's tagger of the setting with the highest mean dev F1.

    Returns
    -------
    dict
        - settings: those chosen.
        - runs: for each seed what ``evaluate --json`` prints.
    """
    row, sources = chosen(sweep, outcomes), Sources()
    found = []
    for outcome in row.outcomes:
        folder = directory / "runs" / outcome.run.name
        data = load_config(folder / "config.yaml").data
        assert data.test is not None
        layout = Layout(data.token_column, data.tag_column, data.encoding)
        corpus, _, score = evaluate(rebuild(folder, sources), data.test, layout)
        found.append({"seed": outcome.run.seed, **evaluation_json(corpus, score, "conlleval")})
    return {"settings": row.settings, "runs": found}
