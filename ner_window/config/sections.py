"""The keys of a configuration: their types, ranges, defaults, and a sentence for each."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from ner_window.nn.optimizers import OptimizerName
from ner_window.text.features import FEATURES, FeatureName
from ner_window.text.tagging import Repair, SchemeName
from ner_window.text.vectors import GLOVE


class Section(BaseModel):
    """What all sections share: frozen, no unknown keys, no conversion from other types, no infinite numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class DataConfig(Section):
    """The corpora, and how to read them."""

    train: str = Field(
        min_length=1, description="CoNLL file to learn from; a path is relative to the file it stands in"
    )
    dev: str = Field(min_length=1, description="CoNLL file by which the best epoch is chosen")
    test: str | None = Field(None, min_length=1, description="CoNLL file that is never looked at during training")
    token_column: int = Field(0, description="column of the token, from 0; negative numbers count from the last")
    tag_column: int = Field(-1, description="column of the tag, from 0; -1 is the last")
    encoding: str = Field("utf-8", min_length=1, description="character encoding of the files, such as iso-8859-1")
    scheme: Literal["auto", SchemeName] = Field("auto", description="tagging scheme of the files; auto finds it out")
    repair: Repair = Field(
        "strict", description="how tags that their scheme does not allow are read: not at all, as conlleval, or as O"
    )
    limit: int | None = Field(None, ge=1, description="sentences of the training file, from its beginning; null is all")
    types: tuple[str, ...] | None = Field(
        None, min_length=1, strict=False, description="entity types to learn; the others become O; null is all"
    )


class VectorsConfig(Section):
    """The word vectors, and whether they are trained."""

    source: str = Field(
        GLOVE, min_length=1, description=f"file of GloVe vectors, or word2vec ones, text or binary; {GLOVE}; or random"
    )
    dimensions: int = Field(50, ge=1, description="of random vectors only")
    train: Literal["fine-tune", "freeze"] = Field(
        "fine-tune", description="whether the word vectors are trained, too, or stay as they are"
    )
    limit: int | None = Field(None, ge=1, description="rows of the file, from its beginning; null is all")
    lowercase: bool = Field(True, description="a word that is not found is looked up in lower case, too")
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

    radius: int = Field(2, ge=0, le=50, description="words on each side; 2 gives the lecture's window of five")


#: The dropout of first_pass, unless another is given: how much of the training corpus shows what a first pass sees.
FIRST_PASS_DROPOUT = 0.3


class FeatureConfig(Section):
    """A feature: its name, or its name and the size of its embedding."""

    name: FeatureName = Field(description="which feature of the token, or of the document")
    dimensions: int | None = Field(None, ge=1, description="size of its embedding; null is the feature's own default")
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
        if not isinstance(named, dict):
            raise ValueError("should be a feature's name, or keys and values with name among them")
        return {"dropout": FIRST_PASS_DROPOUT, **named} if named.get("name") == "first_pass" else named

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

    hidden_units: int = Field(100, ge=1, description="units of the hidden layer: rows of W")
    activation: Literal["sigmoid", "tanh", "hard_tanh", "relu", "leaky_relu", "prelu"] = Field(
        "tanh", description="f of h = f(W x + b)"
    )
    initialization: Literal["xavier", "he", "uniform", "zeros"] = Field(
        "xavier", description="how the weights are drawn at first; zeros shows that it fails"
    )
    range: float = Field(0.1, gt=0, description="r of the initialization uniform, from -r to r")
    dropout: float = Field(0.0, ge=0, lt=1, description="of hidden units")
    input_dropout: float = Field(0.0, ge=0, lt=1, description="of the elements of word vectors")
    scheme: SchemeName = Field("BIOES", description="tagging scheme that the network learns")


class OptimizerConfig(Section):
    """The optimizer and its constants; each uses those of its formula."""

    name: OptimizerName = Field("adam", description="which formula")
    learning_rate: float = Field(0.001, gt=0, description="size of a step")
    l2: float = Field(0.0, ge=0, description="weight of |W|^2 + |U|^2 in the loss")
    weight_decay: float = Field(0.0, ge=0, description="of W and U with each step, apart from the gradient")
    clip_norm: float | None = Field(None, gt=0, description="longest norm of all gradients together; null: any")
    momentum: float = Field(0.9, ge=0, lt=1, description="of momentum: how much of the last step is in the next")
    decay: float = Field(0.9, ge=0, lt=1, description="of rmsprop: how much of the mean square is kept")
    beta1: float = Field(0.9, ge=0, lt=1, description="of adam: how much of the mean gradient is kept")
    beta2: float = Field(0.999, ge=0, lt=1, description="of adam: how much of the mean square is kept")
    epsilon: float = Field(1e-8, gt=0, description="of adagrad, rmsprop and adam: keeps from dividing by zero")


class ScheduleConfig(Section):
    """How the learning rate changes with time."""

    name: Literal["constant", "halve", "exponential", "linear", "cyclic"] = Field(
        "constant", description="which curve; linear ends at zero"
    )
    every: int = Field(5, ge=1, description="epochs, of halve, exponential and cyclic")


class TrainingConfig(Section):
    """How long to train, and with how many windows at a time."""

    epochs: int = Field(30, ge=1, description="passes over the training corpus, at most")
    batch_size: int = Field(256, ge=1, description="windows of a step, about: a batch is whole sentences")
    patience: int = Field(5, ge=1, description="epochs without a better dev F1 after which training ends")
    folds: int = Field(5, ge=2, description="parts of the training corpus; first_pass is learned without each in turn")
    teacher: str | None = Field(
        None, min_length=1, description="a model directory: its scores are learned instead of the labels"
    )
    vectorized: bool = Field(True, description="false: one window after another in a loop, to see what it costs")


class Config(Section):
    """A whole experiment."""

    seed: int = Field(13, ge=0, description="of all random numbers; the same one gives the same model, bit for bit")
    data: DataConfig
    vectors: VectorsConfig = VectorsConfig()
    window: WindowConfig = WindowConfig()
    features: tuple[FeatureConfig, ...] = Field(
        (), strict=False, description="besides the word: names, or {name, dimensions, dropout, rate}"
    )
    model: ModelConfig = ModelConfig()
    objective: Literal["softmax", "hinge", "margin", "sentence"] = Field(
        "softmax", description="what is minimized: per token softmax, hinge or margin; of whole sentences, sentence"
    )
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
