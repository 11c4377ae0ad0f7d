"""Code blocks of the project's documents, and a place where a stranger would type them."""

import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def block_with(document: str, words: str, language: str = "sh") -> str:
    (block,) = (block for block in blocks(document, language) if words in block)
    return block


@dataclass(frozen=True)
class Checkout:
    """A folder where ``make`` and ``.venv/bin/joren`` work as in a checkout after ``make setup``."""

    folder: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        here = {"PYTHONPATH": str(ROOT), "JOREN_PORT": str(self.port), "MAKEFLAGS": ""}
        return {**os.environ, **here}

    def type(self, lines: str) -> str:
        """Run shell lines until the first that fails; return what they printed."""
        lines = lines.replace(":8000", f":{self.port}")
        typed = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", lines],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert typed.returncode == 0, f"{lines}\n{typed.stdout}\n{typed.stderr}"
        return typed.stdout


def made_checkout(folder: Path) -> Checkout:
    """Make ``folder`` such a place, with a port that is free."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    joren = programs / "joren"
    joren.write_text(f'#!/bin/sh\nexec {sys.executable} -m joren "$@"\n')
    joren.chmod(0o755)
    (programs / "activate").write_text(f'PATH="{programs}:$PATH"\n')
    for done in ("tools.done", "runtime.done"):
        (folder / ".venv" / done).touch()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Checkout(folder, free.getsockname()[1])
