"""What a person sees while a job runs: lines that stay, and one line that tells what the command is doing."""

import shutil
import sys


def say(text: str) -> None:
    """Print a line that stays."""
    print(text, flush=True)


def pass_by(text: str) -> None:
    """Show a text in place of the one before it, where there is a terminal."""
    if sys.stdout.isatty():
        print(f"\r{text[: shutil.get_terminal_size().columns - 1]}\x1b[K", end="", flush=True)


def clear() -> None:
    """Take away the text that passed by."""
    if sys.stdout.isatty():
        print("\r\x1b[K", end="", flush=True)
