"""Results to tables of plain text."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ner_window.evaluation.metrics import Counts, Score
from ner_window.evaluation.significance import Interval, Resampling
from ner_window.inspection.printable import printable
from ner_window.inspection.speed import Speed


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], left: Collection[int] = (0,)) -> str:
    """Return rows under a header; the columns `left` are set to the left, the others to the right.

    Words of a text may stand in cells: what would move a terminal's cursor is replaced.
    """
    texts = [[printable(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in texts) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i in left else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in texts
    )


#: The names of the groups of `scoring.groups_of`.
SUBSETS = {"seen": "seen in training", "unseen": "unseen in training", "unseen_words": "with an unseen word"}


def _row(name: str, counts: Counts) -> list[str]:
    return [name, *(f"{100 * x:.2f}" for x in (counts.precision, counts.recall, counts.f1)), str(counts.support)]


def score_table(title: str, result: Score, scheme: str, repair: str, left_out: Mapping[str, int] | None = None) -> str:
    """Return the table of `evaluate` and `score`: percentages, the repair rule beside them."""
    rows = [_row(name, counts) for name, counts in result.types.items()]
    rows.append(_row("all (micro)", result.micro))
    macro = result.macro()
    percent = [f"{100 * macro[name]:.2f}" for name in ("precision", "recall", "f1")]
    rows.append(["all (macro)", *percent, str(result.micro.support)])
    rows += [_row(SUBSETS[name], Counts(*counts)) for name, counts in result.subsets.items()]
    lines = [
        f"{title}: {result.tokens} tokens, {result.sentences} sentences, scheme {scheme}, repair {repair}",
        "",
        table(("entities, %", "precision", "recall", "F1", "support"), rows),
        "",
        f"token accuracy (not F1): {100 * result.token_accuracy:.2f} %",
    ]
    if left_out:
        types = ", ".join(f"{type_} {n}" for type_, n in sorted(left_out.items()))
        lines.append(f"entities left out, as in training (data.types): {types}")
    empty = [name for name, counts in result.types.items() if not counts.support or not counts.tp + counts.fp]
    if empty:
        lines.append(f"0/0 is shown as 0.00; never gold or never predicted: {', '.join(empty)}")
    return "\n".join(lines)


def interval_line(interval: Interval, how: Resampling, sentences: int) -> str:
    """Return the confidence interval of the micro F1, and how it was made."""
    limits = f"{100 * interval.low:.2f} to {100 * interval.high:.2f}"
    return f"{100 * how.level:g} % interval of F1 (micro): {limits}; {resampling_text(how, sentences)}"


def resampling_text(how: Resampling, sentences: int) -> str:
    """Return how intervals were made."""
    return f"bootstrap over {sentences} sentences, {how.resamples} resamples, seed {how.seed}"


def interval_json(interval: Interval, how: Resampling) -> dict[str, Any]:
    """Return the confidence interval of the micro F1 in the form that ``--json`` prints; fractions in 0..1."""
    made = {"level": how.level, "resamples": how.resamples, "seed": how.seed}
    return {"interval": {"f1": [interval.low, interval.high], **made}}


def speed_table(speed: Speed) -> str:
    """Return the figures of `bench`."""
    rows = [
        ("loading the model", f"{speed.load_seconds:.3f} s"),
        ("tagging what is in memory", f"{speed.in_memory:,.0f} tokens/s"),
        ("tagging from file to file", f"{speed.file_to_file:,.0f} tokens/s"),
        ("peak memory", "unknown" if speed.peak_memory is None else f"{speed.peak_memory:.0f} MB"),
    ]
    return table((speed.data, f"{speed.tokens} tokens"), rows)


def error_table(result: Score, limit: int) -> str:
    """Return the most frequent errors: what is gold, what was predicted, the text; - means no entity there."""
    ordered = sorted(result.errors.items(), key=lambda item: (-item[1], item[0]))[:limit]
    return table(("count", "gold", "predicted", "text"), [(n, *error) for error, n in ordered])


def confusion_table(result: Score) -> str:
    """Return how many spans of each gold type (rows) were predicted as each type (columns); - is no entity."""
    names = [*result.types, "-"]
    rows = [[gold, *(result.confusion[gold, predicted] for predicted in names)] for gold in names]
    return table(["gold \\ predicted", *names], rows)


def ledger_text(ledger: dict[str, Any]) -> str:
    """Return what was read, in sums that can be checked: lines = tokens + blank + document lines."""
    lines = []
    for name in ("train", "dev"):
        c = ledger[name]
        entities = ", ".join(f"{type_} {n}" for type_, n in c["entities"].items())
        covered = ", ".join(f"{how} {n}" for how, n in c["coverage"].items())
        lines += [
            f"{name}: {c['file']}: {c['lines']} lines = {c['token_lines']} tokens + {c['blank_lines']} blank"
            f" + {c['document_lines']} document lines + {c['skipped_lines']} skipped",
            f"  {c['sentences']} sentences, {c['documents']} documents, scheme {c['scheme']},"
            f" {c['repaired_sentences']} sentences repaired",
            *_left_out(c),
            f"  entities: {sum(c['entities'].values())} = {entities}",
            f"  tokens by vector: {covered}",
            *(f"  note: {note}" for note in c.get("notes", ())),
        ]
    v = ledger["vectors"]
    left_out = {kind: v[kind] for kind in ("duplicates", "not_finite", "undecodable", "truncated") if v[kind]}
    lines.append(
        f"vectors: {v['rows']} rows read, {v['kept']} kept"
        + "".join(f", {n} {kind.replace('_', ' ')}" for kind, n in left_out.items())
        + f"; {v['vocabulary']} words with the two reserved, {v['trained_rows']} rows trained"
    )
    lines += [f"  note: {note}" for note in v["notes"]]
    lines += [f"note: {note}" for note in ledger["notes"]]
    if ledger["types_only_in_dev"]:
        lines.append(f"warning: types only in dev, which cannot be learned: {', '.join(ledger['types_only_in_dev'])}")
    return "\n".join(lines)


def _left_out(counts: dict[str, Any]) -> list[str]:
    """Return a line for what data.limit and data.types took away, if they did."""
    entities = ", ".join(f"{type_} {n}" for type_, n in counts["entities_left_out"].items())
    parts = [f"{counts['sentences_left_out']} sentences (data.limit)"] * bool(counts["sentences_left_out"])
    parts += [f"entities {entities} (data.types)"] * bool(entities)
    return [f"  left out: {'; '.join(parts)}"] if parts else []


def details(result: Score, errors: int, confusion: bool) -> dict[str, Any]:
    """Return the listings that were asked for, in the form that ``--json`` prints."""
    found: dict[str, Any] = {}
    if errors:
        ordered = sorted(result.errors.items(), key=lambda item: (-item[1], item[0]))[:errors]
        found["errors"] = [{"gold": e[0], "predicted": e[1], "text": e[2], "count": n} for e, n in ordered]
    if confusion:
        found["confusion"] = [{"gold": g, "predicted": p, "count": n} for (g, p), n in sorted(result.confusion.items())]
    return found


def _vectors(network: dict[str, Any], options: dict[str, Any]) -> str:
    """Say how the words' vectors came to be what they are."""
    kind = "frozen" if network["frozen"] else "fine-tuned"
    names = ("own_rows", "parts", "swap", "delta_dropout", "residual", "neighbors")
    return ", ".join(
        [kind, *(f"{name} {options[f'vectors.{name}']}" for name in names if options.get(f"vectors.{name}"))]
    )


def info_text(name: str, description: dict[str, Any]) -> str:
    """Return what `info` prints of a model's description."""
    network, facts = description["network"], description["facts"]
    rows: list[tuple[str, Any]] = [
        ("format", description["format"]),
        ("window", f"radius {network['radius']}: {2 * network['radius'] + 1} words"),
        ("tables", ", ".join(f"{table_} {rows_} x {d}" for table_, rows_, d in network["tables"])),
        ("network", f"{network['hidden_units']} hidden units, {network['activation']}, {network['objective']}"),
        ("word vectors", _vectors(network, facts.get("config", {}))),
        ("scheme", f"{description['scheme']} inside, {description['output_scheme']} on output"),
        ("tags", " ".join(description["tags"])),
    ]
    if "thresholds" in facts:
        thresholds = ", ".join(f"{type_} {threshold:.3f}" for type_, threshold in facts["thresholds"].items())
        rows.append(("thresholds", f"chosen on dev: {thresholds}"))
    if (temperature := description.get("temperature", 1.0)) != 1:
        rows.append(("temperature", f"{temperature:.3f}, of the probabilities, chosen on dev"))
    for key in ("seed", "training.teacher"):
        if (value := facts.get("config", {}).get(key)) is not None:
            rows.append((key.rpartition(".")[2], value))
    data = facts.get("data", {})
    for part in ("train", "dev"):
        if part in data:
            counts = data[part]
            rows.append((part, f"{counts['file']}, {counts['sentences']} sentences, SHA-256 {counts['sha256'][:16]}"))
    if "best" in facts:
        rows.append(("best epoch", f"{facts['best']['epoch']} of {facts['epochs']}"))
        rows.append(("dev F1", f"{100 * facts.get('dev_f1', facts['best']['dev_f1']):.2f}"))
    elif "dev_f1" in facts:
        alone = ", ".join(f"{100 * member['dev_f1']:.2f}" for member in facts["members"])
        rows.append(("dev F1", f"{100 * facts['dev_f1']:.2f}; the {len(facts['members'])} networks alone {alone}"))
    if "dev_unseen_words_f1" in facts:
        rows.append(("", f"{100 * facts['dev_unseen_words_f1']:.2f} of entities with an unseen word"))
    rows += [(package, version) for package, version in facts.get("versions", {}).items()]
    width = max(len(key) for key, _ in rows)
    return "\n".join([name, *(f"  {key.ljust(width)}  {value}" for key, value in rows)])
