"""Copies the libraries that the browser runs, each with its licence, into web/static/vendor."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import places


@dataclass(frozen=True, slots=True)
class Library:
    """One npm package: the files we serve (none if only its output is served), its licence and its home."""

    package: str
    folder: str
    licence: str
    project: str
    files: tuple[str, ...] = ()
    licence_file: str = "LICENSE"
    serves: str = ""


SCRIPTS = (
    Library("htmx.org", "htmx", "0BSD", "bigskysoftware/htmx", ("dist/htmx.min.js",)),
    Library("@alpinejs/csp", "alpinejs-csp", "MIT", "alpinejs/alpine", ("dist/cdn.min.js",), licence_file=""),
    Library("sortablejs", "sortablejs", "MIT", "SortableJS/Sortable", ("Sortable.min.js",)),
    Library("uplot", "uplot", "MIT", "leeoniya/uPlot", ("dist/uPlot.esm.js", "dist/uPlot.min.css")),
    Library(
        "swagger-ui-dist",
        "swagger-ui",
        "Apache-2.0",
        "swagger-api/swagger-ui",
        ("swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css", "NOTICE"),
    ),
)

# What reaches the browser inside a file of ours keeps its licence text all the same.
INSIDE = (
    Library("@vue/reactivity", "vue-reactivity", "MIT", "vuejs/core", serves="inside @alpinejs/csp"),
    Library("tailwindcss", "tailwindcss", "MIT", "tailwindlabs/tailwindcss", serves="inside ../rlflow.css"),
    Library("daisyui", "daisyui", "MIT", "saadeghi/daisyui", serves="inside ../rlflow.css"),
    Library("lucide-static", "lucide", "ISC", "lucide-icons/lucide", serves="in templates/macros/icons.html"),
    Library("@fontsource-variable/inter", "inter", "OFL-1.1", "rsms/inter", serves="../fonts/inter-*"),
    Library(
        "@fontsource-variable/jetbrains-mono",
        "jetbrains-mono",
        "OFL-1.1",
        "JetBrains/JetBrainsMono",
        serves="../fonts/jetbrains-mono-*",
    ),
)

# Modules with a lasting address, so that a widget imports a library without knowing its version.
MODULES = {
    "sortable.js": 'import "./{sortablejs}/Sortable.min.js";\n\nexport default globalThis.Sortable;\n',
    "codemirror.js": 'export * from "./{codemirror}/codemirror.js";\n',
    "uplot.js": 'export {{ default }} from "./{uplot}/uPlot.esm.js";\n',
}

NAMES = {
    "htmx": "{htmx}/htmx.min.js",
    "alpine": "{alpinejs-csp}/cdn.min.js",
    "uplot_css": "{uplot}/uPlot.min.css",
    "swagger": "{swagger-ui}/swagger-ui-bundle.js",
    "swagger_css": "{swagger-ui}/swagger-ui.css",
}


def folder_of(library: Library) -> str:
    """Folder name under vendor/, with the version: `htmx-4.0.1`."""
    return f"{library.folder}-{places.installed_version(library.package)}"


def build(bundles: dict[str, str]) -> None:
    """Replace web/static/vendor by fresh copies, and write the files that name them and the folders of `bundles`."""
    folders = {library.folder: folder_of(library) for library in SCRIPTS + INSIDE} | bundles
    shutil.rmtree(places.VENDOR, ignore_errors=True)
    for library in SCRIPTS + INSIDE:
        _copy(library, places.VENDOR / folders[library.folder])
    for name, text in MODULES.items():
        (places.VENDOR / name).write_text(text.format(**folders), encoding="utf-8")
    _write_names(folders)


def _copy(library: Library, target: Path) -> None:
    source = places.package_folder(library.package)
    target.mkdir(parents=True)
    for file in library.files:
        shutil.copyfile(source / file, target / Path(file).name)
    licence = source / library.licence_file if library.licence_file else _kept_licence(library)
    shutil.copyfile(licence, target / "LICENSE.txt")


def _kept_licence(library: Library) -> Path:
    """The licence text that we keep for a package which ships none."""
    return places.LICENCES / f"{library.folder}.txt"


def _write_names(folders: dict[str, str]) -> None:
    lines = [f'  "{key}": "vendor/{path.format(**folders)}",' for key, path in NAMES.items()]
    text = "\n".join(
        [
            "{# Written by deploy/assets/vendored.py. Paths for static_url(). #}",
            "{% set vendor = {",
            *lines,
            "} %}",
            "",
        ]
    )
    (places.MACROS / "vendor.html").write_text(text, encoding="utf-8")


def write_licences(bundled: list[str]) -> None:
    """Write LICENSES.md: one row per package, with its version, licence, files and project; `bundled` are rows, too."""
    rows = [
        "# Third-party files",
        "",
        "Written by deploy/assets/vendored.py. Each folder holds the licence text as LICENSE.txt.",
        "",
        "| package | version | licence | files | project on GitHub |",
        "|---|---|---|---|---|",
    ]
    rows += [_row(library) for library in SCRIPTS + INSIDE]
    rows += bundled
    (places.VENDOR / "LICENSES.md").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _row(library: Library) -> str:
    folder = folder_of(library)
    files = ", ".join(f"{folder}/{Path(file).name}" for file in library.files) or library.serves
    version = places.installed_version(library.package)
    return f"| {library.package} | {version} | {library.licence} | {files} | {library.project} |"
