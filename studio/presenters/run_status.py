"""The status of a run in words, and in a tone of the sheet."""

from __future__ import annotations

from engine.contract.run.folder import Status
from studio.i18n import tr

STATUS_CODES: dict[Status, str] = {
    "queued": "studio.core.status_queued",
    "running": "studio.core.status_running",
    "finished": "studio.core.status_finished",
    "cancelled": "studio.core.status_cancelled",
    "failed": "studio.core.status_failed",
    "lost": "studio.core.status_lost",
}
"""The sentence of every status."""

STATUS_TONES: dict[Status, str] = {
    "queued": "",
    "running": "info",
    "finished": "good",
    "cancelled": "warn",
    "failed": "bad",
    "lost": "bad",
}
"""The colour of every status, a field of Palette; "" for none."""


def status_text(status: Status) -> str:
    """What a status is called in the current language."""
    return tr(STATUS_CODES[status])
