"""Everything that a component plugin may import; `__all__` is the public, versioned contract."""

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from rlflow_core.plugin_api.aggregator import Aggregator, Consensus
from rlflow_core.plugin_api.columns import column_names, describe_columns
from rlflow_core.plugin_api.component import Component, Kind, NoConfig
from rlflow_core.plugin_api.dimensions import Dimension, Level, ProjectDimension, SignalKind
from rlflow_core.plugin_api.exporter import (
    BATCH_ROWS,
    Container,
    Dataset,
    DatasetInfo,
    Drop,
    Exporter,
    Manifest,
    Pair,
    PairPolicy,
    Record,
    RecordExporter,
)
from rlflow_core.plugin_api.llm_provider import Chunk, GenerationRequest, LLMProvider, ProviderError, Usage
from rlflow_core.plugin_api.markers import hookimpl
from rlflow_core.plugin_api.places import Place, segment_places, texts_at
from rlflow_core.plugin_api.prompts import MESSAGES, holds_messages, message_dicts, message_problems
from rlflow_core.plugin_api.reward_schema import RewardSchema
from rlflow_core.plugin_api.router import Router
from rlflow_core.plugin_api.scorer import (
    FEEDBACK_COLUMNS,
    OUTPUT_COLUMNS,
    TASK_COLUMNS,
    Need,
    Scope,
    Score,
    Scorer,
    ScoringData,
)
from rlflow_core.plugin_api.signals import PREFERENCE_LABELS, SIGNAL_COLUMNS, Signal
from rlflow_core.plugin_api.task_type import MAX_TEXT, SchemaChoice, TaskContent, TaskType
from rlflow_core.plugin_api.views import (
    AnnotatorView,
    ExportView,
    ItemView,
    Message,
    OutputView,
    Segment,
    TaskView,
    Vote,
    find_output,
)

API_VERSION = "1.0"

__all__ = [
    "API_VERSION",
    "BATCH_ROWS",
    "FEEDBACK_COLUMNS",
    "MAX_TEXT",
    "MESSAGES",
    "OUTPUT_COLUMNS",
    "PREFERENCE_LABELS",
    "SIGNAL_COLUMNS",
    "TASK_COLUMNS",
    "Aggregator",
    "AnnotatorView",
    "Chunk",
    "Component",
    "Consensus",
    "Container",
    "Dataset",
    "DatasetInfo",
    "Dimension",
    "Drop",
    "ExportView",
    "Exporter",
    "GenerationRequest",
    "ItemView",
    "Kind",
    "LLMProvider",
    "Level",
    "Manifest",
    "Message",
    "Need",
    "NoConfig",
    "OutputView",
    "Pair",
    "PairPolicy",
    "Place",
    "ProjectDimension",
    "ProviderError",
    "Record",
    "RecordExporter",
    "RewardSchema",
    "Router",
    "Schema",
    "SchemaChoice",
    "Scope",
    "Score",
    "Scorer",
    "ScoringData",
    "Segment",
    "Signal",
    "SignalKind",
    "TaskContent",
    "TaskType",
    "TaskView",
    "Usage",
    "ValidationError",
    "Vote",
    "column_names",
    "describe_columns",
    "fields",
    "find_output",
    "holds_messages",
    "hookimpl",
    "message_dicts",
    "message_problems",
    "post_load",
    "pre_load",
    "segment_places",
    "texts_at",
    "validate",
    "validates_schema",
]
