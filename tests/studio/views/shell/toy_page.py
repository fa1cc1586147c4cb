"""A page that the window does not know yet."""

from __future__ import annotations

from studio.views.page import Page


class ToyPage(Page):
    """It shows nothing."""

    key = "toy"
