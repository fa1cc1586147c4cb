"""What a notification says of work that has ended."""

from __future__ import annotations

from studio.i18n import text_of, tr
from studio.presenters.numbers import duration
from studio.stores.work.queue_look import News


def news_words(news: News, left: int) -> tuple[str, str]:
    """Its title and its text; `left` is how many are in the queue still."""
    entry = news.entry
    rest = tr("studio.queue.news_left", count=left) if left else tr("studio.queue.news_empty")
    project = entry.project.name if entry.project else tr("studio.queue.no_project")
    title = tr(f"studio.queue.news_{news.status}", title=text_of(entry.title))
    return title, tr("studio.queue.news_text", project=project, time=duration(news.seconds), rest=rest)
