"""Every value of a configuration, what it would be by default, and where it comes from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ner_window.config.sections import Config, FeatureConfig, Section

#: Where a value comes from that neither a file nor an option gives.
DEFAULT = "default"


@dataclass(frozen=True)
class Value:
    """A value by dotted key; `place` is file:line, an option, or `DEFAULT`. `required`: there is no default."""

    key: str
    value: Any
    default: Any
    place: str
    required: bool = False

    @property
    def changed(self) -> bool:
        """Whether it is other than by default; a file may well give the default."""
        return self.required or self.value != self.default


def values_of(config: Config, origins: Mapping[str, str]) -> Iterator[Value]:
    """Yield the values of a configuration in the order of its sections; each feature is one, written in short.

    Parameters
    ----------
    config, origins
        What `resolve` returns.
    """
    yield from _values(config, "", origins)


def _values(section: Section, prefix: str, origins: Mapping[str, str]) -> Iterator[Value]:
    for name, field in type(section).model_fields.items():
        key, value = f"{prefix}{name}", getattr(section, name)
        if isinstance(value, Section):
            yield from _values(value, f"{key}.", origins)
        elif name == "features" and value:
            for number, feature in enumerate(value):
                item = f"{key}.{number}"
                yield Value(item, _short(feature), None, origins.get(item, DEFAULT))
        else:
            default = None if field.is_required() else _plain(field.default)
            yield Value(key, _plain(value), default, origins.get(key, DEFAULT), field.is_required())


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _short(feature: FeatureConfig) -> Any:
    """Return a feature as a file may write it: its name, or with it what is not as by default."""
    given = feature.model_dump(mode="json", exclude_defaults=True)
    return given["name"] if len(given) == 1 else given
