"""A small grammar of sh: words, quotes, lists, pipes, redirections, `for`. It only reads; nothing is run here."""

from __future__ import annotations

from dataclasses import dataclass, field

_ENDS = set(" \t\n;&|<>()")


class SyntaxProblem(Exception):
    """What was said is no sh, or sh that a simulated phone does not know."""


@dataclass(frozen=True)
class Part:
    """A piece of a word. `kind`: text, variable (its name), command (`$(...)`)."""

    kind: str
    text: str
    quoted: bool


Word = tuple[Part, ...]


@dataclass(frozen=True)
class Redirection:
    """`descriptor` goes to (`>`, `>>`) or comes from (`<`) the file `target`; `&` copies a descriptor."""

    descriptor: int
    sign: str
    target: Word


@dataclass(frozen=True)
class Command:
    """Assignments, words and redirections."""

    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True)
class Loop:
    """`for name in words; do body; done`."""

    name: str
    words: tuple[Word, ...]
    body: Script
    redirections: tuple[Redirection, ...] = ()


Stage = Command | Loop


@dataclass(frozen=True)
class Script:
    """Pipelines in order; each is run always (`;`) or by the status before it (`&&`, `||`)."""

    items: tuple[tuple[str, tuple[Stage, ...]], ...] = field(default=())


def parse(text: str) -> Script:
    """The script of a text; raises SyntaxProblem."""
    reader = _Reader(text)
    script = reader.script(())
    if not reader.done:
        raise SyntaxProblem(f"unexpected '{reader.here}'")
    return script


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.text)

    @property
    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def script(self, ends: tuple[str, ...]) -> Script:
        items: list[tuple[str, tuple[Stage, ...]]] = []
        join = ";"
        while True:
            self.blanks(lines=True)
            if self.done or self.here == ")" or self._keyword(ends):
                if join != ";":
                    raise SyntaxProblem("unexpected end")
                return Script(tuple(items))
            items.append((join, self.pipeline()))
            self.blanks()
            join = self.joint()

    def joint(self) -> str:
        for sign in ("&&", "||"):
            if self.take(sign):
                return sign
        if self.done or self.here == ")" or self.take(";") or self.take("\n"):
            return ";"
        raise SyntaxProblem(f"unexpected '{self.here}'")

    def pipeline(self) -> tuple[Stage, ...]:
        stages = [self.stage()]
        while self.blanks() or (self.here == "|" and not self.text.startswith("||", self.at)):
            self.at += 1
            self.blanks(lines=True)
            stages.append(self.stage())
        return tuple(stages)

    def stage(self) -> Stage:
        if self._keyword(("for",)):
            return self.loop()
        words: list[Word] = []
        redirections: list[Redirection] = []
        while not self.done:
            self.blanks()
            if (found := self.redirection()) is not None:
                redirections.append(found)
            elif self.done or self.here in _ENDS:
                break
            else:
                words.append(self.word())
        if not words and not redirections:
            raise SyntaxProblem(f"unexpected '{self.here or 'end'}'")
        return Command(tuple(words), tuple(redirections))

    def loop(self) -> Loop:
        self._expect("for")
        name = self.plain()
        self._expect("in")
        words: list[Word] = []
        while self.blanks() or not (self.done or self.here in _ENDS):
            words.append(self.word())
        self.joint()
        self._expect("do")
        body = self.script(("done",))
        self._expect("done")
        redirections: list[Redirection] = []
        self.blanks()
        while (found := self.redirection()) is not None:
            redirections.append(found)
            self.blanks()
        return Loop(name, tuple(words), body, tuple(redirections))

    def redirection(self) -> Redirection | None:
        start, number = self.at, -1
        if self.here.isdigit() and self.text[self.at + 1 : self.at + 2] in ("<", ">"):
            number = int(self.here)
            self.at += 1
        for sign in (">&", ">>", ">", "<"):
            if self.take(sign):
                self.blanks()
                return Redirection(number if number >= 0 else int(sign != "<"), sign, self.word())
        self.at = start
        return None

    def word(self) -> Word:
        parts: list[Part] = []
        while not self.done and self.here not in _ENDS:
            sign = self.here
            if sign == "'":
                parts.append(Part("text", self.until("'"), True))
            elif sign == '"':
                parts += self.double()
            elif sign == "$":
                parts.append(self.dollar(quoted=False))
            elif sign == "`":
                raise SyntaxProblem("backquotes are not known to a simulated phone")
            elif sign == "\\":
                self.at += 2
                parts.append(Part("text", self.text[self.at - 1 : self.at].replace("\n", ""), True))
            else:
                self.at += 1
                parts.append(Part("text", sign, False))
        if not parts:
            raise SyntaxProblem(f"unexpected '{self.here or 'end'}'")
        return tuple(parts)

    def double(self) -> list[Part]:
        self.at += 1
        parts = [Part("text", "", True)]
        while self.here != '"':
            if self.done:
                raise SyntaxProblem("no closing quote")
            if self.here == "$":
                parts.append(self.dollar(quoted=True))
                continue
            if self.here == "`":
                raise SyntaxProblem("backquotes are not known to a simulated phone")
            following = self.text[self.at + 1 : self.at + 2]
            escaped = self.here == "\\" and following != "" and following in '"\\$`\n'
            self.at += escaped
            if not (escaped and self.here == "\n"):
                parts.append(Part("text", self.here, True))
            self.at += 1
        self.at += 1
        return parts

    def dollar(self, *, quoted: bool) -> Part:
        self.at += 1
        if self.take("("):
            start = self.at
            self.script(())
            if not self.take(")"):
                raise SyntaxProblem("no closing parenthesis")
            return Part("command", self.text[start : self.at - 1], quoted)
        if self.take("{"):
            self.at -= 1
            return Part("variable", _name(self.until("}")), quoted)
        if self.here and self.here in "?$":
            self.at += 1
            return Part("variable", self.text[self.at - 1], quoted)
        start = self.at
        while self.here == "_" or (self.here.isascii() and self.here.isalnum()):
            self.at += 1
        name = self.text[start : self.at]
        return Part("variable", _name(name), quoted) if name else Part("text", "$", True)

    def until(self, end: str) -> str:
        close = self.text.find(end, self.at + 1)
        if close < 0:
            raise SyntaxProblem(f"no closing {end}")
        found, self.at = self.text[self.at + 1 : close], close + 1
        return found

    def plain(self) -> str:
        self.blanks()
        return _name("".join(part.text for part in self.word()))

    def blanks(self, *, lines: bool = False) -> bool:
        """Pass over blanks; False, so that it can stand in a condition."""
        while self.here and self.here in (" \t\n" if lines else " \t"):
            self.at += 1
        if self.here == "#" and (self.at == 0 or self.text[self.at - 1] in " \t\n;"):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
            return self.blanks(lines=lines)
        return False

    def take(self, sign: str) -> bool:
        if self.text.startswith(sign, self.at):
            self.at += len(sign)
            return True
        return False

    def _keyword(self, names: tuple[str, ...]) -> bool:
        return any(
            self.text.startswith(name, self.at) and (self.text[self.at + len(name) :][:1] or " ") in _ENDS
            for name in names
        )

    def _expect(self, name: str) -> None:
        self.blanks(lines=True)
        if not self._keyword((name,)):
            raise SyntaxProblem(f"'{name}' is missing")
        self.take(name)


def _name(text: str) -> str:
    if not (text.isascii() and text.isidentifier()) and text not in ("?", "$"):
        raise SyntaxProblem(f"bad substitution '{text}'")
    return text
