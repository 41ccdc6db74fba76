"""YAML to a tree of frozen models, and back. Every value is checked; every error names the dotted key and the line."""

import difflib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ner_window.errors import ConfigError
from ner_window.nn.optimizers import OptimizerName
from ner_window.text.features import FEATURES, FeatureName
from ner_window.text.tagging import Repair, SchemeName
from ner_window.text.vectors import GLOVE


class Section(BaseModel):
    """What all sections share: frozen, no unknown keys, no conversion from other types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


SectionType = TypeVar("SectionType", bound=Section)


class DataConfig(Section):
    """The corpora, and how to read them."""

    train: str
    dev: str
    test: str | None = None
    token_column: int = 0
    tag_column: int = -1
    encoding: str = "utf-8"
    scheme: Literal["auto"] | SchemeName = "auto"
    repair: Repair = "strict"
    limit: int | None = Field(None, ge=1, description="sentences of the training file, from its beginning; null is all")
    types: tuple[str, ...] | None = Field(
        None, min_length=1, strict=False, description="entity types to learn; the others become O; null is all"
    )


class VectorsConfig(Section):
    """The word vectors, and whether they are trained."""

    source: str = GLOVE
    dimensions: int = Field(50, ge=1, description="of random vectors only")
    train: Literal["fine-tune", "freeze"] = "fine-tune"
    limit: int | None = Field(None, ge=1)
    lowercase: bool = True
    rate: float = Field(1.0, ge=0, description="factor on the learning rate of the word vectors")
    own_rows: int | None = Field(
        None,
        ge=1,
        description="training words without a vector that occur so often get a row of their own; null: none do",
    )
    parts: bool = Field(False, description="a hyphenated word without a vector is the mean of its parts' vectors")
    swap: float = Field(
        0.0, ge=0, le=1, description="probability that training shows a rare word of own_rows as unknown"
    )
    residual: int = Field(0, ge=0, description="m of a map e + tanh(e M) N that moves all words alike; 0: none")
    neighbors: int = Field(
        0, ge=0, description="after training, unmoved words are moved like so many moved ones nearest to them; 0: none"
    )
    delta_dropout: bool = Field(
        False, description="training shows a word seen n times untuned, with probability 2/(2+n)"
    )


class WindowConfig(Section):
    """The window: radius words on each side of its centre."""

    radius: int = Field(2, ge=0, le=50)


#: The dropout of first_pass, unless another is given: how much of the training corpus shows what a first pass sees.
FIRST_PASS_DROPOUT = 0.3


class FeatureConfig(Section):
    """A feature: its name, or its name and the size of its embedding."""

    name: FeatureName
    dimensions: int | None = Field(None, ge=1)
    dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="probability that training drops the whole feature of a token; of first_pass, by default "
        f"{FIRST_PASS_DROPOUT}, that it drops that of all tokens of a document: from these the first pass is learned",
    )
    rate: float = Field(1.0, ge=0, description="factor on the learning rate of its table")

    @model_validator(mode="before")
    @classmethod
    def _written_out(cls, value: object) -> object:
        named = {"name": value} if isinstance(value, str) else value
        if isinstance(named, dict) and named.get("name") == "first_pass":
            return {"dropout": FIRST_PASS_DROPOUT, **named}
        return named

    @field_validator("dropout")
    @classmethod
    def _first_pass_is_learned(cls, dropout: float, info: ValidationInfo) -> float:
        if not dropout and info.data.get("name") == "first_pass":
            raise ValueError(
                "should be greater than 0 for first_pass; the first pass is learned from the documents that it drops"
            )
        return dropout

    @property
    def size(self) -> int:
        """The size of its embedding, the feature's own default unless it is given."""
        return self.dimensions or FEATURES[self.name].dimensions


class ModelConfig(Section):
    """The network between window and tags."""

    hidden_units: int = Field(100, ge=1)
    activation: Literal["sigmoid", "tanh", "hard_tanh", "relu", "leaky_relu", "prelu"] = "tanh"
    initialization: Literal["xavier", "he", "uniform", "zeros"] = "xavier"
    range: float = Field(0.1, gt=0, description="r of the initialization uniform")
    dropout: float = Field(0.0, ge=0, lt=1, description="of hidden units")
    input_dropout: float = Field(0.0, ge=0, lt=1, description="of the elements of word vectors")
    scheme: SchemeName = "BIOES"


class OptimizerConfig(Section):
    """The optimizer and its constants; each uses those of its formula."""

    name: OptimizerName = "adam"
    learning_rate: float = Field(0.001, gt=0)
    l2: float = Field(0.0, ge=0, description="weight of |W|^2 + |U|^2 in the loss")
    weight_decay: float = Field(0.0, ge=0, description="of W and U with each step, apart from the gradient")
    clip_norm: float | None = Field(None, gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    decay: float = Field(0.9, ge=0, lt=1)
    beta1: float = Field(0.9, ge=0, lt=1)
    beta2: float = Field(0.999, ge=0, lt=1)
    epsilon: float = Field(1e-8, gt=0)


class ScheduleConfig(Section):
    """How the learning rate changes with time."""

    name: Literal["constant", "halve", "exponential", "linear", "cyclic"] = "constant"
    every: int = Field(5, ge=1, description="epochs, of halve, exponential and cyclic")


class TrainingConfig(Section):
    """How long to train, and with how many windows at a time."""

    epochs: int = Field(30, ge=1)
    batch_size: int = Field(256, ge=1)
    patience: int = Field(5, ge=1)
    folds: int = Field(5, ge=2, description="parts of the training corpus; first_pass is learned without each in turn")
    teacher: str | None = Field(None, description="a model directory: its scores are learned instead of the labels")
    vectorized: bool = Field(True, description="false: one window after another in a loop, to see what it costs")


class Config(Section):
    """A whole experiment."""

    seed: int = Field(13, ge=0)
    data: DataConfig
    vectors: VectorsConfig = VectorsConfig()
    window: WindowConfig = WindowConfig()
    features: tuple[FeatureConfig, ...] = Field((), strict=False)
    model: ModelConfig = ModelConfig()
    objective: Literal["softmax", "hinge", "margin", "sentence"] = "softmax"
    optimizer: OptimizerConfig = OptimizerConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    training: TrainingConfig = TrainingConfig()

    @field_validator("features")
    @classmethod
    def _features_stand_once(cls, features: tuple[FeatureConfig, ...]) -> tuple[FeatureConfig, ...]:
        names = [feature.name for feature in features]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"should name each feature once; repeated: {', '.join(repeated)}")
        return features


def ineffective(config: Config) -> list[str]:
    """Return a sentence for each setting that does nothing beside the others.

    It is no mistake: the same file serves frozen and random vectors, too.
    """
    options = config.vectors
    found = []
    if options.swap and options.source != "random" and options.own_rows is None and not options.parts:
        found.append("vectors.swap does nothing: no word has a row of its own; set vectors.own_rows or vectors.parts")
    for name in ("delta_dropout", "neighbors"):
        if getattr(options, name) and options.train == "freeze":
            found.append(f"vectors.{name} does nothing: the vectors are frozen")
        elif getattr(options, name) and options.source == "random":
            found.append(f"vectors.{name} does nothing: the vectors are random, not pre-trained")
    return found


#: Keys that hold paths.
PATHS = ("data.train", "data.dev", "data.test", "vectors.source", "training.teacher")


def _construct_int(loader: yaml.SafeLoader, node: Any) -> int:
    return int(loader.construct_scalar(node))


def _construct_float(loader: yaml.SafeLoader, node: Any) -> float:
    return float(loader.construct_scalar(node))


class _Loader(yaml.SafeLoader):
    """YAML 1.2's plain scalars: 1e-3 is a number, NO a string, 010 is ten and 12:30 a string. Keys are unique."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)


def parse_yaml(text: str, source: str) -> tuple[Any, dict[str, int]]:
    """Return the value of a YAML text and the line of each dotted key in it.

    Raises
    ------
    ConfigError
        The text is not YAML, or has a key twice.
    """
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            lines: dict[str, int] = {}
            _note_lines(node, "", source, lines)
            return (None if node is None else loader.construct_document(node)), lines
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{source}:{mark.line + 1}" if mark else source
        raise ConfigError(f"{where}: not YAML: {getattr(error, 'problem', None) or error}") from None


def _note_lines(node: Any, prefix: str, source: str, lines: dict[str, int]) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        name = f"{prefix}{key.value}"
        line = key.start_mark.line + 1
        if name in lines:
            raise ConfigError(f"{source}:{line}: {name}: stands here again, first in line {lines[name]}; delete one")
        lines[name] = line
        _note_lines(value, f"{name}.", source, lines)


def load_config(path: Path | str, overrides: Sequence[str] = ()) -> Config:
    """Read a file, apply overrides of the form key=value, make paths absolute and check everything.

    Raises
    ------
    ConfigError
        One line for each thing that is wrong, with file, line and dotted key.
    """
    return resolve(path, overrides)[0]


def resolve(path: Path | str, overrides: Sequence[str] = ()) -> tuple[Config, dict[str, str]]:
    """Return the configuration and, by dotted key, where each value that is no default comes from."""
    tree, origins = read_tree(path)
    make_absolute(tree, Path(path).resolve().parent)
    for override in overrides:
        key, value = parse_setting(override)
        put(tree, key, absolute(key, value, Path.cwd()))
        origins[key] = f"--set {override}"
    return validate(Config, tree, str(path), origins), origins


def read_tree(path: Path | str) -> tuple[dict[str, Any], dict[str, str]]:
    """Read a file of keys and values; return them, and file:line of each dotted key."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    tree, lines = parse_yaml(text, str(path))
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: expected keys and values, got {type(tree).__name__}; see ner-window config schema")
    return tree, {key: f"{path}:{line}" for key, line in lines.items()}


def validate(model: type[SectionType], tree: dict[str, Any], source: str, origins: dict[str, str]) -> SectionType:
    """Check a tree against a model of it; `origins` tells by dotted key where each value comes from.

    Raises
    ------
    ConfigError
        One line for each thing that is wrong, with its origin and dotted key.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(problem, model, source, origins) for problem in error.errors())) from None


def parse_setting(text: str, option: str = "--set", example: str = "model.hidden_units=200") -> tuple[str, Any]:
    """Cut KEY=VALUE into the dotted key and the value, which is read as YAML."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ConfigError(f"{option}: expected KEY=VALUE, got {text!r}; for example {example}")
    return key.strip(), parse_yaml(value, f"{option} {key}")[0]


def put(tree: dict[str, Any], key: str, value: Any) -> None:
    """Set the value of a dotted key in a nested dictionary."""
    *parents, last = key.split(".")
    for parent in parents:
        below = tree.get(parent)
        if not isinstance(below, dict):
            below = tree[parent] = {}
        tree = below
    tree[last] = value


def _get(tree: Any, key: str) -> Any:
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def absolute(key: str, value: Any, base: Path) -> Any:
    """Return the value of a dotted key with the paths in it made absolute: they are relative to `base`."""
    branch: dict[str, Any] = {}
    put(branch, key, value)
    make_absolute(branch, base)
    return _get(branch, key)


def make_absolute(tree: dict[str, Any], base: Path) -> None:
    """Make the paths of a configuration absolute, in place: they are relative to `base`."""
    for key in PATHS:
        value = _get(tree, key)
        if isinstance(value, str) and not (key == "vectors.source" and value in (GLOVE, "random")):
            put(tree, key, os.path.normpath((base / Path(value).expanduser()).absolute()))


def _explain(problem: Any, model: type[BaseModel], source: str, origins: dict[str, str]) -> str:
    """Write one of pydantic's findings as where: key: what; hint."""
    location = [str(part) for part in problem["loc"]]
    key = ".".join(location)
    known = key
    while known and known not in origins:
        known = known.rpartition(".")[0]
    where = origins.get(known, source)
    if problem["type"] == "extra_forbidden":
        names = _fields(model, location[:-1])
        near = difflib.get_close_matches(location[-1], names, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(names)}"
        return f"{where}: {key}: unknown key; {hint}"
    if problem["type"] == "missing":
        return f"{where}: {key}: is missing; set it in the file{f' or with --set {key}=...' * (model is Config)}"
    message = problem["msg"].removeprefix("Input ").removeprefix("Value error, ")
    message, semicolon, hint = message.partition("; ")
    return f"{where}: {key}: {message}, got {problem['input']!r}{semicolon}{hint}"


def _fields(model: type[BaseModel], location: Sequence[str]) -> list[str]:
    """Return the keys of the section at a location, in which numbers are places in lists."""
    for part in location:
        if part in model.model_fields:
            model = _section(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _section(annotation: Any) -> type[BaseModel] | None:
    """Find the section in an annotation such as tuple[Section, ...]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_section, get_args(annotation))), None)


def dump_yaml(config: Section) -> str:
    """Write a configuration with every value in it, in the order of the sections."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values of a nested dictionary by their dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
