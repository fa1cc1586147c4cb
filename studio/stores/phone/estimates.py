"""Phone latency of a run without the phone, worked out by the engine: the figure, where the time goes, what is next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject

from engine.contract.latency import PhoneChoice, PhoneEstimate
from engine.contract.text.messages import Message
from studio.stores.question import LastQuestion


class EstimateStore(LastQuestion):
    """`answer` is None while there is none."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.choice: PhoneChoice | None = None
        self.answer: PhoneEstimate | None = None
        self._asked: tuple[Path, str, PhoneChoice] | None = None

    def ask(self, project: Path, run: str, choice: PhoneChoice) -> None:
        """Have a run of a project estimated for a phone; the same question is not asked twice."""
        if (project, run, choice) == self._asked:
            return
        self.close()
        self._asked, self.choice = (project, run, choice), choice
        self.answer = self.error = None
        self._ask_soon()

    def forget(self) -> None:
        """There is nothing to estimate."""
        self.close()
        self._asked = self.answer = self.error = None
        self.changed.emit()

    def close(self) -> None:
        """End a call that is under way; what was asked may be asked again."""
        super().close()
        if self.answer is None:
            self._asked = None

    def _words(self) -> list[str]:
        assert self._asked is not None  # the timer runs only while something is asked
        project, run, choice = self._asked
        words = [f"--phone={choice.soc}", f"--threads={choice.threads}", f"--precision={choice.precision}"]
        return ["estimate", str(project), run, *words]

    def _take(self, answer: dict[str, Any]) -> None:
        known = {name: answer[name] for name in ("shares", "advice", "notes", "precisions") if name in answer}
        try:
            self.answer = PhoneEstimate.model_validate({"figure": next(iter(answer["figures"])), **known})
        except (KeyError, StopIteration, ValidationError) as error:
            self.error = Message(code="studio.core.answer", args={"reason": str(error)[:200]})
