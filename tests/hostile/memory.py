"""The memory of a process, read from the kernel."""

from pathlib import Path

MIB = 1024 * 1024


def memory_bytes(pid: int) -> int:
    """Return the bytes of a process that are in memory now and are its own (RssAnon)."""
    return _field(pid, "RssAnon")


def peak_bytes(pid: int) -> int:
    """Return the most bytes that a process ever had in memory (VmHWM), unless ``reset_peak`` was called since."""
    return _field(pid, "VmHWM")


def reset_peak(pid: int) -> None:
    """Begin ``peak_bytes`` anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _field(pid: int, name: str) -> int:
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024
