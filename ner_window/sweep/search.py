"""A search: settings drawn by Optuna, each after what the ones before were worth. The extra ``search``.

What is drawn depends on the seed of the search and on what was told of the trials before, and on nothing else: a search
that was stopped draws the same again, finds these runs finished, and goes on.
"""

import statistics
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ner_window.errors import MissingExtraError
from ner_window.sweep.folders import Outcome, Task
from ner_window.sweep.options import Range, SearchConfig
from ner_window.sweep.plan import PlannedRun, Sweep

if TYPE_CHECKING:
    from optuna import Study, Trial

    from ner_window.sweep.execution import Report, Runner

#: Digits of a number that was drawn: enough to tell settings apart, few enough to read.
DIGITS = 4


def search(
    sweep: Sweep,
    options: SearchConfig,
    task_of: Callable[[PlannedRun, tuple[float, ...]], Task],
    runner: "Runner",
) -> Iterator["Report"]:
    """Draw settings, a batch at a time, and run them; yield what the runs tell.

    The trials of a batch are drawn before any of them has run, and are told in their order: so they do not depend on
    which of several workers ends first.
    """
    refuse_without_extra(sweep)
    study, curves, known = _study(options), list[list[float]](), dict[str, Outcome]()
    for first in range(0, options.trials, options.batch):
        trials = [study.ask() for _ in range(min(options.batch, options.trials - first))]
        planned = [sweep.plan([draw(trial, sweep.space)]) for trial in trials]
        floors = medians(curves) if options.prune and first >= options.startup else ()
        tasks = {run.name: task_of(run, floors) for runs in planned for run in runs if run.name not in known}
        yield tuple(task.run for task in tasks.values())
        for report in runner(list(tasks.values())):
            if isinstance(report, Outcome):
                known[report.run.name] = report
            yield report
        for trial, runs in zip(trials, planned, strict=True):
            found = [known[run.name] for run in runs]  # a setting that is drawn again is what it was
            _tell(study, trial, found)
            curves += [best_so_far(outcome) for outcome in found]


def refuse_without_extra(sweep: Sweep) -> None:
    """Raise `MissingExtraError` if a sweep is a search and Optuna is not installed."""
    if sweep.options.search and find_spec("optuna") is None:
        raise MissingExtraError("a search", "search")


def _study(options: SearchConfig) -> "Study":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of options that its authors may still change
        sampler = (
            optuna.samplers.TPESampler(
                seed=options.seed, n_startup_trials=options.startup, constant_liar=options.batch > 1
            )
            if options.method == "tpe"
            else optuna.samplers.RandomSampler(seed=options.seed)
        )
    return optuna.create_study(sampler=sampler, direction="maximize")


def draw(trial: "Trial", space: Mapping[str, list[Any] | Range]) -> dict[str, Any]:
    """Return the settings of a trial: a value for each key of the space."""
    settings: dict[str, Any] = {}
    for key, values in space.items():
        if isinstance(values, list):
            settings[key] = values[trial.suggest_categorical(key, range(len(values)))]
        elif isinstance(values.low, int) and isinstance(values.high, int) and not isinstance(values.step, float):
            settings[key] = trial.suggest_int(key, values.low, values.high, step=values.step or 1, log=values.log)
        else:
            drawn = trial.suggest_float(key, values.low, values.high, step=values.step, log=values.log)
            settings[key] = min(max(float(f"{drawn:.{DIGITS}g}"), values.low), values.high)
    return settings


def best_so_far(outcome: Outcome) -> list[float]:
    """Return by epoch the best dev F1 until then."""
    curve: list[float] = []
    for line in outcome.epochs:
        curve.append(max([*curve[-1:], line["dev_f1"]]))
    return curve


def medians(curves: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Return by epoch the median over the runs that reached it: the median stopping rule of Golovin et al. 2017."""
    longest = max(map(len, curves), default=0)
    return tuple(statistics.median(curve[i] for curve in curves if i < len(curve)) for i in range(longest))


def _tell(study: "Study", trial: "Trial", outcomes: Sequence[Outcome]) -> None:
    """Tell what a trial was worth: the mean dev F1 over its seeds; of one that was given up, what it had reached."""
    from optuna.trial import TrialState

    values = [value for outcome in outcomes if (value := outcome.measures.get("dev_f1")) is not None]
    if len(values) < len(outcomes):  # such as a full disk: that tells nothing of the setting
        study.tell(trial, state=TrialState.FAIL)
        return
    if not any(outcome.pruned for outcome in outcomes):
        study.tell(trial, statistics.fmean(values))
        return
    for epoch, reached in enumerate(zip(*map(best_so_far, outcomes), strict=False)):
        trial.report(statistics.fmean(reached), epoch)
    study.tell(trial, state=TrialState.PRUNED)
