"""The JSON Schema of configurations, from which editors complete, and the parts of it that a sweep's has, too.

Draft 7, which all editors know. What it cannot say, such as that a feature stands once, `ner-window config check` says.
"""

from typing import Any

from pydantic import BaseModel

from ner_window.config.sections import Config

DRAFT = "http://json-schema.org/draft-07/schema#"

EXTENDS = {
    "type": "string",
    "minLength": 1,
    "description": "another configuration, of which this is a variant: the keys here are put on top of its keys",
}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the draft 7 schema of a model, without titles, and without defaults of whole sections."""
    schema = model.model_json_schema(ref_template="#/definitions/{model}")
    schema["definitions"] = schema.pop("$defs", {})
    for section in (schema, *schema["definitions"].values()):
        for key, value in section.get("properties", {}).items():
            section["properties"][key] = _without_titles(value)
            if isinstance(value.get("default"), dict):
                del section["properties"][key]["default"]
        section.pop("title", None)
    return {"$schema": DRAFT, **schema}


def _without_titles(schema: Any) -> Any:
    """Drop what only repeats the name of a key."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _without_titles(value) for key, value in schema.items() if key != "title"}


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of a configuration's file.

    A file that extends another need not name the corpora, and a feature may be its name alone.
    """
    schema = schema_of(Config)
    parts = schema["definitions"]
    name = dict(parts["FeatureConfig"]["properties"]["name"])
    schema["properties"]["features"]["items"] = {"anyOf": [name, {"$ref": "#/definitions/FeatureConfig"}]}
    schema["properties"] = {"extends": EXTENDS, **schema["properties"]}
    required = {
        "required": schema.pop("required"),
        "properties": {"data": {"required": parts["DataConfig"].pop("required")}},
    }
    return {**schema, "if": {"not": {"required": ["extends"]}}, "then": required}
