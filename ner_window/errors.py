"""The errors that a user can cause, shown as they are, without a traceback, with exit code 2.

::

    NerWindowError
      CorpusError      a corpus or an input to tag: file:line
      TaggingError     a tag, or a sequence of tags, that a scheme does not know
      VectorsError     a file of word vectors: file:line
      ConfigError      a configuration: dotted key and YAML line
      ModelError       a model directory or checkpoint: the file in it
      OutputError      an output that exists, or cannot be written
      TrainingError    a training run that cannot go on
      ClusterError     workers that cannot be had
      FetchError       a download that did not come, or is not what it should be
      MissingExtraError   an optional package that is not installed

Wording: ``where: what is wrong, got <repr>; what to do``.
"""


class NerWindowError(Exception):
    """Base of all errors that are the input's, not the program's."""


class CorpusError(NerWindowError):
    """A corpus that cannot be read; the message begins with file:line."""


class TaggingError(NerWindowError):
    """A tag that is not one, or that cannot stand where it stands."""


class VectorsError(NerWindowError):
    """A file of word vectors that cannot be read; the message begins with file:line where lines exist."""


class ConfigError(NerWindowError):
    """A configuration that is wrong; the message names the dotted key and the YAML line."""


class ModelError(NerWindowError):
    """A model directory or a checkpoint that is missing, damaged or of another configuration."""


class OutputError(NerWindowError):
    """An output that exists already or cannot be written."""


class TrainingError(NerWindowError):
    """A training run that cannot go on, such as one whose loss is not finite."""


class ClusterError(NerWindowError):
    """A scheduler that does not answer, or workers that would not do the same."""


class FetchError(NerWindowError):
    """A download that did not come, or is not what it should be; the message begins with its address."""


class MissingExtraError(NerWindowError):
    """An optional package that is not installed."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs the extra '{extra}'; pip install 'ner_window[{extra}]'")
