"""Which LLM providers there are, whether they can work here, and which models they offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marshmallow import ValidationError

from rlflow_core.plugin_api import LLMProvider
from rlflow_core.plugin_host import secrets_in_config
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.plugin_host.registry import UnknownComponent
from rlflow_core.services.errors import Conflict, Invalid

NOT_CONFIGURED = "provider_not_configured"


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider with its models; where it cannot work, `problem` says how to mend that."""

    key: str
    title: str
    description: str
    models: tuple[str, ...]
    problem: str = ""


def offered(host: PluginHost) -> list[ProviderView]:
    """All providers, those that can work first and among them the default."""
    keys = [registered.key for registered in host.registry.of_kind(LLMProvider.kind)]
    preferred = default_key(host)
    views = [_view(host, key) for key in keys]
    return sorted(views, key=lambda view: (bool(view.problem), view.key != preferred, view.key))


def default_key(host: PluginHost) -> str | None:
    """The provider that is asked where nobody names one: of the settings, else the default of the plugins."""
    return host.settings.default_provider or next(iter(host.defaults(LLMProvider.kind)), None)


def chosen(host: PluginHost, key: str | None) -> Bound[LLMProvider]:
    """The provider `key`, or the default one; Invalid where there is none such, Conflict where it cannot work."""
    wanted = key or default_key(host)
    if wanted is None:
        raise Invalid(
            "Nobody was named to answer.", {"provider": [f"Name one of: {', '.join(_keys(host)) or 'none'}."]}
        )
    try:
        problem = problem_of(host, wanted)
    except UnknownComponent as error:
        raise Invalid("The provider does not exist.", {"provider": [str(error)]}) from error
    if problem:
        raise Conflict(
            f"{problem} Or choose another provider: {', '.join(_working(host)) or 'none works here'}.",
            {"provider": [problem]},
            code=NOT_CONFIGURED,
        )
    return _built(host, wanted)


def problem_of(host: PluginHost, key: str) -> str:
    """Why the provider cannot work here and how to mend that; empty where it can. UnknownComponent if none is such."""
    cls = host.registry.get(LLMProvider.kind, key).cls
    missing = secrets_in_config.unset(getattr(cls, "required_env", ()))
    if not missing:
        return ""
    return f"{cls.title} is not configured: set {' and '.join(missing)}, then start the server again."


def models_of(host: PluginHost, bound: Bound[LLMProvider], wanted: Sequence[str] | None) -> list[str]:
    """The models to ask: those `wanted`, which must be on offer, or the provider's first one."""
    on_offer = _models(host, bound)
    if not on_offer:
        raise Conflict(f"{bound.registered.cls.title} offers no models.", code=NOT_CONFIGURED)
    if not wanted:
        return on_offer[:1]
    unknown = [name for name in wanted if name not in on_offer]
    if unknown:
        text = f"There is no model {unknown[0]!r}. There are: {', '.join(on_offer)}."
        raise Invalid("The provider does not offer that.", {"models": [text]})
    return list(dict.fromkeys(wanted))


def _models(host: PluginHost, bound: Bound[LLMProvider]) -> list[str]:
    try:
        return list(host.guard.ask(bound, "models"))
    except ComponentFault as fault:
        raise Conflict(
            f"The provider does not say which models it has: {fault}", code=NOT_CONFIGURED
        ) from fault


def _built(host: PluginHost, key: str) -> Bound[LLMProvider]:
    cls = host.registry.get(LLMProvider.kind, key).cls
    config = secrets_in_config.without_unset(getattr(cls, "default_config", {}))
    try:
        return host.build(LLMProvider, key, config)
    except ValidationError as error:
        raise Conflict(
            f"{cls.title} cannot be used with the environment of this server: {error}", code=NOT_CONFIGURED
        ) from error
    except ComponentFault as fault:
        raise Conflict(f"The provider cannot be used: {fault}", code=NOT_CONFIGURED) from fault


def _view(host: PluginHost, key: str) -> ProviderView:
    cls = host.registry.get(LLMProvider.kind, key).cls
    problem, models = problem_of(host, key), []
    if not problem:
        try:
            models = _models(host, _built(host, key))
        except Conflict as refused:
            problem = refused.message
    return ProviderView(key, cls.title, cls.description, tuple(models), problem)


def _keys(host: PluginHost) -> list[str]:
    return [registered.key for registered in host.registry.of_kind(LLMProvider.kind)]


def _working(host: PluginHost) -> list[str]:
    return [key for key in _keys(host) if not problem_of(host, key)]
