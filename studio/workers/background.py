"""Short blocking work in a thread pool; its outcome comes back to the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

from engine.contract.text.messages import JobFailed, Message, UserError


class Background(QObject):
    """Runs functions beside the GUI thread, and calls back in the GUI thread."""

    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None, threads: int = 4) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._closed = False
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], object] | None = None,
        failed: Callable[[Message], object] | None = None,
    ) -> None:
        """Call `work` in a thread; then `done` with its outcome, or `failed` with the message of what it raised.

        UserError, JobFailed and OSError are answered; anything else is a bug and goes to the excepthook.
        """
        self._pool.start(_Work(work, self._done, (done, failed)))

    def close(self) -> None:
        """Wait for what is under way; nobody is called back any more."""
        self._closed = True
        self._pool.waitForDone(15_000)

    @Slot(object, object)
    def _deliver(self, callbacks: tuple[Any, Any], outcome: Any) -> None:
        if self._closed:
            return
        done, failed = callbacks
        if isinstance(outcome, _Refusal):
            if outcome.bug is not None:
                raise outcome.bug
            if failed is not None:
                failed(outcome.message)
        elif done is not None:
            done(outcome)


class _Refusal:
    def __init__(self, message: Message, bug: BaseException | None = None) -> None:
        self.message = message
        self.bug = bug


class _Work(QRunnable):
    def __init__(self, work: Callable[[], Any], told: Any, callbacks: tuple[Any, Any]) -> None:
        super().__init__()
        self._work = work
        self._told = told
        self._callbacks = callbacks

    def run(self) -> None:
        try:
            outcome = self._work()
        except (UserError, JobFailed) as error:
            outcome = _Refusal(error.message)
        except OSError as error:
            outcome = _Refusal(system_message(error))
        except Exception as error:  # noqa: BLE001 - carried to the GUI thread and raised there
            outcome = _Refusal(Message(code="studio.core.bug", args={"reason": repr(error)}), error)
        self._told.emit(self._callbacks, outcome)


def system_message(error: OSError) -> Message:
    """What the operating system refused, as a message."""
    return Message(
        code="studio.core.system", args={"path": str(error.filename or "-"), "reason": error.strerror or "-"}
    )
