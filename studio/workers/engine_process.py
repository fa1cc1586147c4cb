"""The engine's command line in child processes: one document, or answers on pipes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QProcess, QProcessEnvironment, Signal

from engine.contract.system.environment import engine_environment
from engine.contract.text.messages import Message

Answer = dict[str, Any]
Receive = Callable[[Answer | Message], object]
MOST_CRASHES = 3


class Document(QObject):
    """One call of `engine VERB ... --json`; its document, or its error as a Message."""

    done = Signal(object)

    def __init__(self, words: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = engine_child(self)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._broken)
        self._process.start(sys.executable, ["-m", "engine", *words, "--json"])

    def close(self) -> None:
        """End the call; nothing more is told."""
        end_process(self._process)

    def _finished(self) -> None:
        self.done.emit(read_document(bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace")))

    def _broken(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.done.emit(Message(code="studio.core.engine_start", args={"program": sys.executable}))


def read_document(text: str) -> Answer | Message:
    """What a `--json` call printed: the document, the message of its error, or that it printed nothing of use."""
    try:
        document = json.loads(text)
    except ValueError:
        return Message(code="studio.core.engine_silent")
    return error_of(document) or document


def document_of(line: QByteArray) -> Answer | None:
    """The document on a line that a child of ours printed; None for whatever else some library printed there."""
    try:
        document = json.loads(bytes(line.data()))
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def error_of(document: Answer) -> Message | None:
    """The message of a document that tells an error."""
    error = document.get("error")
    return Message(code=error["code"], args=error["args"]) if error else None


class AnsweringEngine(QObject):
    """A warm `engine serve WHAT`: started when first asked, asked one thing at a time, restarted after a crash.

    Of requests that wait under one `key`, the latest wins; the others are never answered. An answer may come in parts,
    all but the last with `more`; a request under the same key then ends it.
    """

    busy_changed = Signal(bool)

    def __init__(self, what: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._what = what
        self._process: QProcess | None = None
        self._waiting: dict[str, tuple[Answer, Receive]] = {}
        self._asked: tuple[int, str, Answer, Receive] | None = None
        self._streaming = False
        self._number = 0
        self._crashes = 0

    @property
    def busy(self) -> bool:
        """True while an answer is awaited."""
        return self._asked is not None

    def ask(self, key: str, request: Answer, receive: Receive) -> None:
        """Ask; `receive` gets the answer, part by part if it comes so, or the Message of why there is none."""
        self._waiting[key] = (request, receive)
        self._next()

    def stream(self, key: str, request: Answer, receive: Receive) -> None:
        """Ask for what is answered in parts; what is being answered so, under whatever key, is dropped for it."""
        if self._streaming:
            self._asked, self._streaming = None, False
        self.ask(key, request | {"stream": True}, receive)

    def halt(self) -> None:
        """Have the process stop what it answers in parts."""
        if self._streaming:
            self.stream("halt", {"what": "rest"}, lambda answer: None)

    def waits(self, key: str) -> bool:
        """Whether a later request under `key` is still to be asked."""
        return key in self._waiting

    def forget(self, key: str) -> None:
        """Withdraw what waits, and do not tell what is being answered, under `key`."""
        self._waiting.pop(key, None)
        if self._asked is not None and self._asked[1] == key:
            number, key, request, _ = self._asked
            self._asked = (number, key, request, lambda answer: None)

    def close(self) -> None:
        """End the process; it is started again when asked again."""
        self._waiting.clear()
        self._asked, self._streaming = None, False
        if self._process is not None:
            process, self._process = self._process, None
            end_process(process)

    def _next(self) -> None:
        if self._asked is not None or not self._waiting:
            return
        key = next(iter(self._waiting))
        request, receive = self._waiting.pop(key)
        self._number += 1
        self._asked, self._streaming = (self._number, key, request, receive), bool(request.get("stream"))
        process = self._process or self._start()
        process.write((json.dumps({"id": self._number, **request}, ensure_ascii=False) + "\n").encode())
        self.busy_changed.emit(True)

    def _start(self) -> QProcess:
        process = self._process = engine_child(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._broken)
        process.start(sys.executable, ["-m", "engine", "serve", self._what])
        return process

    def _read(self) -> None:
        while self._process is not None and self._process.canReadLine():
            answer = document_of(self._process.readLine())
            if answer is not None and self._asked is not None and answer.get("id") == self._asked[0]:
                self._crashes = 0
                self._tell(error_of(answer) or answer)

    def _tell(self, answer: Answer | Message) -> None:
        assert self._asked is not None
        receive = self._asked[3]
        if isinstance(answer, Message) or not answer.get("more"):
            self._asked, self._streaming = None, False
        receive(answer)
        self._next()
        if self._asked is None:
            self.busy_changed.emit(False)

    def _broken(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._ended()

    def _ended(self) -> None:
        if self._process is None:
            return
        self._process.deleteLater()
        self._process = None
        self._crashes += 1
        if self._asked is None:
            return
        if self._crashes > MOST_CRASHES:
            self._crashes = 0
            self._tell(Message(code="studio.core.engine_crashed", args={"what": self._what, "count": MOST_CRASHES + 1}))
            return
        _, key, request, receive = self._asked
        self._asked = None
        self._waiting = {key: (request, receive)} | self._waiting
        self._next()


def end_process(process: QProcess) -> None:
    """End a child process for good, and forget it."""
    process.blockSignals(True)
    if process.state() != QProcess.ProcessState.NotRunning:
        process.kill()
        process.waitForFinished(2000)
    process.deleteLater()


def engine_child(parent: QObject) -> QProcess:
    """A child process of ours with the engine on its path; not started yet."""
    process = QProcess(parent)
    variables = QProcessEnvironment()
    for name, value in engine_environment().items():
        variables.insert(name, value)
    process.setProcessEnvironment(variables)
    return process
