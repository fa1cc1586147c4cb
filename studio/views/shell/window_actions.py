"""Every action and menu of the window, in the order in which the menus show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

from studio.i18n import tr
from studio.views.shell.actions import Action, Menu, MenuLine, Shell
from studio.views.shell.pages import PageEntry
from studio.views.shell.settings_dialog import LANGUAGES, THEMES


def window_actions(pages: Iterable[PageEntry]) -> tuple[Action | Menu, ...]:
    """The entries of a window with these pages."""
    return (*_file(), *_edit(), *_view(pages), Action("dismiss", "studio.core.dismiss", _dismiss, keys="Escape"))


def page_action(key: str) -> str:
    """The id of the action that brings a page to the front."""
    return f"page_{key}"


def _file() -> Iterator[Action | Menu]:
    yield Menu("file", "studio.core.menu_file")
    yield Action("open", "studio.core.menu_open", lambda shell: shell.open_project(), "file", 1, "Ctrl+O")
    yield Action("import", "studio.core.menu_import", lambda shell: shell.import_data(), "file", 1, "Ctrl+N")
    yield Menu("recent", "studio.core.recent", "file", 1, lines=_recent)
    yield Action("save", "studio.core.menu_save", _save, "file", 2, "Ctrl+S", enabled=_has_project)
    yield Action("close", "studio.core.menu_close", _close_project, "file", 2, "Ctrl+W", enabled=_is_open)
    yield Action("settings", "studio.core.menu_settings", lambda shell: shell.show_settings(), "file", 3, "Ctrl+0")
    yield Action("quit", "studio.core.menu_quit", lambda shell: shell.close(), "file", 3, "Ctrl+Q")


def _edit() -> Iterator[Action | Menu]:
    yield Menu("edit", "studio.core.menu_edit")
    yield Action(
        "undo", "studio.core.undo", lambda shell: shell.studio.recipe.undo.undo(), "edit", 1, "Ctrl+Z", "undo",
        enabled=lambda shell: _has_project(shell) and shell.studio.recipe.undo.canUndo(),
    )  # fmt: skip
    yield Action(
        "redo", "studio.core.redo", lambda shell: shell.studio.recipe.undo.redo(), "edit", 1, "Ctrl+Shift+Z", "redo",
        enabled=lambda shell: _has_project(shell) and shell.studio.recipe.undo.canRedo(),
    )  # fmt: skip
    yield Action("fit", "studio.fit.new", _begin_fit, "edit", 2, "Ctrl+T", "target", enabled=_has_project)
    yield Menu("trash", "studio.core.menu_trash", "edit", 3, lines=_trash)


def _view(pages: Iterable[PageEntry]) -> Iterator[Action | Menu]:
    yield Menu("view", "studio.core.menu_view")
    for number, page in enumerate(pages, start=1):
        keys = f"Ctrl+{number}" if number < 10 else ""
        show = partial(_show_page, key=page.key)
        yield Action(page_action(page.key), page.title, show, "view", 1, keys, page.icon, enabled=_has_project)
    yield Action(
        "inspector", "studio.core.show_inspector", lambda shell: shell.toggle_inspector(), "view", 2, "Ctrl+I",
        "sidebar", enabled=_has_project,
    )  # fmt: skip
    yield Action(
        "jobs", "studio.core.show_jobs", lambda shell: shell.toggle_jobs(), "view", 2, "Ctrl+J", "bottom",
        enabled=_has_project,
    )  # fmt: skip
    yield Action("queue", "studio.core.show_queue", lambda shell: shell.show_queue(), "view", 2, "Ctrl+Shift+J", "jobs")
    yield Action("refresh", "studio.core.menu_refresh", _refresh, "view", 2, "F5", enabled=_has_project)
    yield Menu("theme", "studio.core.theme", "view", 3, exclusive=True)
    yield from (_choice("theme", value, title) for value, title in THEMES)
    yield Menu("language", "studio.core.language", "view", 3, exclusive=True)
    yield from (_choice("language", value, title) for value, title in LANGUAGES)
    yield Action("expert", "studio.core.expert_text", _toggle_expert, "view", 3, checked=_is_expert)


def _choice(setting: str, value: str | None, title: str) -> Action:
    """One value of a setting, in the menu of that setting."""
    return Action(
        f"{setting}_{value or 'system'}",
        title,
        lambda shell: shell.studio.settings.update(**{setting: value}),
        setting,
        checked=lambda shell: getattr(shell.studio.settings.value, setting) == value,
    )


def _is_open(shell: Shell) -> bool:
    return shell.studio.project.folder is not None


def _has_project(shell: Shell) -> bool:
    """Whether there is a project to work in: one is open, and its folder is there."""
    return shell.studio.project.here


def _show_page(shell: Shell, key: str) -> None:
    shell.show_page(key)


def _save(shell: Shell) -> None:
    if shell.studio.recipe.save() is not None:
        shell.toast("studio.core.saved")


def _close_project(shell: Shell) -> None:
    shell.studio.project.close()


def _refresh(shell: Shell) -> None:
    """Look at the runs again, and ask for figures again."""
    shell.studio.runs.scan()
    shell.studio.previews.refresh()
    shell.studio.catalog.load()


def _is_expert(shell: Shell) -> bool:
    return shell.studio.settings.value.expert


def _toggle_expert(shell: Shell) -> None:
    shell.studio.settings.update(expert=not _is_expert(shell))


def _dismiss(shell: Shell) -> None:
    shell.dismiss()


def _begin_fit(shell: Shell) -> None:
    """The form of a fit; what it takes is imported when it is first asked for."""
    import_module("studio.views.fit.entry").begin_fit(shell.studio, None, shell)


def _recent(shell: Shell) -> list[MenuLine]:
    project = shell.studio.project
    lines = [
        MenuLine(f"{Path(path).name}   {path}", partial(project.open, path) if project.is_project(path) else None)
        for path in shell.studio.settings.value.recent
    ]
    return lines or [MenuLine(tr("studio.core.no_recent"))]


def _trash(shell: Shell) -> list[MenuLine]:
    runs = shell.studio.runs
    lines = [MenuLine(tr("studio.core.restore", run=name), partial(runs.restore, name)) for name in runs.in_trash()]
    return lines or [MenuLine(tr("studio.core.trash_empty"))]
