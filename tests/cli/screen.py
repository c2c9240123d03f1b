"""A terminal for tests: a program on a pseudo-terminal, and the screen that its output leaves."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
import unicodedata

import program


def width(text):
    """Columns: 2 for wide characters, 0 for combining ones."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


class Screen:
    """What a terminal without scrolling shows: \\r, \\n, ESC [ K, and text that wraps at the last column."""

    TOKEN = re.compile(r"\x1b\[K|[\r\n]|[^\x1b\r\n]+|\x1b")

    def __init__(self, columns):
        self.columns = columns
        self.cells = [[]]  # of each line; the second of a wide character is empty
        self.row, self.column = 0, 0
        self.wraps = 0  # how often text went beyond the last column

    @property
    def lines(self):
        return ["".join(cells).rstrip() for cells in self.cells]

    def feed(self, text):
        for token in self.TOKEN.findall(text):
            if token == "\r":
                self.column = 0
            elif token == "\n":
                self.down()
            elif token == "\x1b[K":
                del self.cells[self.row][self.column :]
            elif token.startswith("\x1b"):
                raise AssertionError("an escape sequence that not every terminal knows")
            else:
                for character in token:
                    self.write(character)
        return self

    def down(self):
        self.row += 1
        if self.row == len(self.cells):
            self.cells.append([])

    def write(self, character):
        columns = width(character)
        if self.column + columns > self.columns:
            self.wraps += 1
            self.down()
            self.column = 0
        line = self.cells[self.row]
        line.extend(" " * (self.column - len(line)))
        line[self.column : self.column + columns] = [character, ""][: max(columns, 1)]
        self.column += columns


class OnTerminal:
    """A program whose stdout and stderr are one terminal of so many columns."""

    def __init__(self, *arguments, columns=80, stdout=True, environment=None, **options):
        self.ours, self.theirs = pty.openpty()
        self.shown = ""
        self.resize(columns)
        variables = program.environment(**{"TERM": "xterm", **(environment or {})})
        self.process = program.start(
            *arguments,
            stdin=-3,
            stdout=self.theirs if stdout else -3,
            stderr=self.theirs,
            env={key: value for key, value in variables.items() if value is not None},
            **options,
        )
        os.close(self.theirs)

    def resize(self, columns):
        self.columns = columns
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def read(self, enough=lambda shown: False, seconds=120):
        """Until the program ends or has shown enough; what it has shown so far."""
        end = time.monotonic() + seconds
        content = b""
        while time.monotonic() < end and not enough(self.shown):
            if not select.select([self.ours], [], [], 1)[0]:
                continue
            try:
                got = os.read(self.ours, 65536)
            except OSError:  # Linux says so when the other side is closed
                break
            if not got:
                break
            content += got
            try:
                self.shown += content.decode().replace("\r\n", "\n")
                content = b""
            except UnicodeDecodeError:  # cut within a character
                pass
        return self.shown

    def finish(self):
        """The exit code and the screen at the end, its lines without trailing spaces."""
        self.read()
        code = self.process.wait(60)
        os.close(self.ours)
        screen = Screen(self.columns).feed(self.shown.replace("\n", "\r\n"))
        return code, screen


def live_lines(shown):
    """What was drawn in place: each text that was erased again."""
    return [line for line in re.findall(r"(?:\r\x1b\[K)([^\r\n\x1b]*)(?=\r\x1b\[K)", shown) if line]
