"""YAML to a tree of frozen models, and back. Every value is checked; every error names the dotted key and the line."""

from ner_window.config.files import is_sweep, load_config, missing_files, read_config, read_tree, resolve, with_extended
from ner_window.config.keys import PATHS, absolute, flatten, make_absolute, parse_setting, put
from ner_window.config.messages import place_of, validate
from ner_window.config.sections import (
    FIRST_PASS_DROPOUT,
    Config,
    DataConfig,
    FeatureConfig,
    ModelConfig,
    OptimizerConfig,
    ScheduleConfig,
    Section,
    TrainingConfig,
    VectorsConfig,
    WindowConfig,
    ineffective,
)
from ner_window.config.yaml_text import dump_yaml, parse_yaml
from ner_window.text.vectors import GLOVE

__all__ = [
    "FIRST_PASS_DROPOUT",
    "GLOVE",
    "PATHS",
    "Config",
    "DataConfig",
    "FeatureConfig",
    "ModelConfig",
    "OptimizerConfig",
    "ScheduleConfig",
    "Section",
    "TrainingConfig",
    "VectorsConfig",
    "WindowConfig",
    "absolute",
    "dump_yaml",
    "flatten",
    "ineffective",
    "is_sweep",
    "load_config",
    "make_absolute",
    "missing_files",
    "parse_setting",
    "parse_yaml",
    "place_of",
    "put",
    "read_config",
    "read_tree",
    "resolve",
    "validate",
    "with_extended",
]
