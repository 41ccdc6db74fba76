"""A window-based named-entity tagger whose neural network is written by hand in NumPy."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ner_window.tagger import Tagger

__all__ = ["Tagger", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # `Tagger` brings numpy with it; `ner-window --help` must not wait for that.
    if name == "Tagger":
        from ner_window.tagger import Tagger

        return Tagger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
