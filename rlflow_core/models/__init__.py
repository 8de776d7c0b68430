"""All tables of RLFlow."""

from rlflow_core.models.api_token import ApiToken
from rlflow_core.models.assignment import TaskAssignment
from rlflow_core.models.audit_event import AuditEvent
from rlflow_core.models.columns import Base, db_later, db_now, table_of
from rlflow_core.models.component import ComponentSet, ComponentVersion
from rlflow_core.models.draft import Draft
from rlflow_core.models.export_job import ExportJob
from rlflow_core.models.feedback import Feedback, FeedbackRevision
from rlflow_core.models.ids import first_id_at, is_id, new_id
from rlflow_core.models.invitation import Invitation
from rlflow_core.models.item import TaskItem
from rlflow_core.models.job import Job
from rlflow_core.models.member import QUEUE_START_ID, QUEUE_START_RANK, ProjectMember
from rlflow_core.models.notification import Notification
from rlflow_core.models.output import AgentOutput
from rlflow_core.models.plugin_failure import PluginFailure
from rlflow_core.models.project import Project, ProjectRevision
from rlflow_core.models.project_tally import ProjectTally
from rlflow_core.models.score import ScoreRow
from rlflow_core.models.session import OneTimeLink, SignIn
from rlflow_core.models.signal import SignalRow
from rlflow_core.models.task import Task, TaskVersion
from rlflow_core.models.task_import import ImportProblem, TaskImport
from rlflow_core.models.user import User

__all__ = [
    "QUEUE_START_ID",
    "QUEUE_START_RANK",
    "AgentOutput",
    "ApiToken",
    "AuditEvent",
    "Base",
    "ComponentSet",
    "ComponentVersion",
    "Draft",
    "ExportJob",
    "Feedback",
    "FeedbackRevision",
    "ImportProblem",
    "Invitation",
    "Job",
    "Notification",
    "OneTimeLink",
    "PluginFailure",
    "Project",
    "ProjectMember",
    "ProjectRevision",
    "ProjectTally",
    "ScoreRow",
    "SignIn",
    "SignalRow",
    "Task",
    "TaskAssignment",
    "TaskImport",
    "TaskItem",
    "TaskVersion",
    "User",
    "db_later",
    "db_now",
    "first_id_at",
    "is_id",
    "new_id",
    "table_of",
]
