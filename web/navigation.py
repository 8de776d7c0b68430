"""The navigation of a signed-in person: links from all plugins, then those of the project they look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from flask import request

from rlflow_core.plugin_api.app import NavLink, Viewer
from rlflow_core.plugin_host.attempt import Outcome, attempt
from rlflow_core.plugin_host.host import get_host


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation; without `href` it is a heading."""

    label: str
    href: str = ""
    icon: str = ""
    active: bool = False
    count: int | None = None


def own_links(viewer: Viewer) -> list[NavLink]:
    """The links of the web UI itself for `viewer`."""
    home = NavLink("Home", "/", "house")
    if viewer.role == "annotator":
        return [home, NavLink("My work", "/my-work", "list-checks")]
    links = [
        home,
        NavLink("Projects", "/projects", "layers"),
        NavLink("Tasks", "/tasks", "list-checks"),
        NavLink("Dashboard", "/dashboard", "activity"),
        NavLink("Plugins", "/components", "puzzle"),
    ]
    if viewer.role == "admin":
        links += [NavLink("People", "/users", "users"), NavLink("Audit log", "/audit", "scroll-text")]
    return links


def project_links(project_id: str) -> list[NavLink]:
    """The links of one project for its researchers."""
    start = f"/projects/{project_id}"
    return [
        NavLink("Overview", start, "gauge"),
        NavLink("Tasks", f"{start}/tasks", "list-checks"),
        NavLink("Import", f"{start}/import", "upload"),
        NavLink("Generate", f"{start}/tasks?outputs=missing", "sparkles"),
        NavLink("Dashboard", f"{start}/dashboard", "activity"),
        NavLink("Results", f"{start}/results", "chart-line"),
        NavLink("Judgements", f"{start}/judgements", "list-checks"),
        NavLink("Members", f"{start}/members", "users"),
        NavLink("Exports", f"{start}/exports", "package"),
        NavLink("Settings", f"{start}/settings", "sliders-horizontal"),
    ]


@dataclass(frozen=True, slots=True)
class Navigation:
    """The entries for one page, asked for only when a page has a navigation."""

    viewer: Viewer
    project_id: str = ""
    project_name: str = ""
    path: str = ""

    def of_project(self, project_id: str, project_name: str) -> Navigation:
        """The same with the links of a project below."""
        return replace(self, project_id=project_id, project_name=project_name)

    def at(self, path: str) -> Navigation:
        """The same for a page that belongs under `path`, wherever its own address is."""
        return replace(self, path=path)

    def __iter__(self) -> Iterator[Entry]:
        links = _from_plugins(self.viewer)
        below = project_links(self.project_id) if self.project_id else []
        here = _nearest([*links, *below], self.path or request.path)
        yield from (_entry(link, here) for link in links)
        if below:
            yield Entry(self.project_name)
            yield from (_entry(link, here) for link in below)


def _from_plugins(viewer: Viewer) -> list[NavLink]:
    answers = get_host().manager.notify("nav_links", user=viewer)
    ordered = sorted(answers, key=lambda answer: not answer.source.is_builtin)
    return [link for answer in ordered for link in _links_in(answer.value)]


def _links_in(value: object) -> list[NavLink]:
    listed: Outcome[list[object]] = attempt(lambda: list(cast(Iterable[object], value)))
    return [link for link in listed.value or [] if isinstance(link, NavLink) and _is_safe(link.href)]


def _is_safe(href: str) -> bool:
    return href.startswith(("/", "https://", "http://"))


def _nearest(links: list[NavLink], path: str) -> str:
    """The link that a page at `path` stands under: the longest one that it begins with."""
    above = [link.href for link in links if path == link.href or path.startswith(f"{link.href.rstrip('/')}/")]
    return max((href for href in above if href != "/" or path == "/"), key=len, default="")


def _entry(link: NavLink, here: str) -> Entry:
    return Entry(link.label, link.href, link.icon, link.href == here, link.count)
