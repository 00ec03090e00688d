"""Opens master files, and keeps included ones within a folder."""

from pathlib import Path

from gtm import PluginFault


class Library:
    """The files that a zone is read from."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder in which included files must lie; None when nothing may be included."""
        self._folder = folder.resolve() if folder else None
        self.files: list[Path] = []

    def read(self, path: Path) -> str:
        """Give a file's text, its lines ended in one way; PluginFault when it can't be read as UTF-8."""
        self.files.append(path)
        try:
            if not path.is_file():
                raise PluginFault(f'"{path}" is not a file; name a master file that exists')
            return path.read_text(encoding="utf-8-sig")
        except OSError as fault:
            raise PluginFault(f'"{path}" can not be read: {fault.strerror}', path) from fault
        except UnicodeDecodeError as fault:
            line = fault.object[: fault.start].count(b"\n") + 1
            raise PluginFault(f'"{path}" is not UTF-8; write other octets as \\DDD', path, line) from fault

    def include(self, named: str, beside: Path) -> Path:
        """Find a file that ``$INCLUDE`` names, relative to the folder of the file that includes it.

        Links are followed before the place is judged. PluginFault when including is switched off or the file lies outside.
        """
        if self._folder is None:
            raise PluginFault(f'$INCLUDE of "{named}" is switched off; set include = true in the options to allow it')
        path = beside / named
        try:
            resolved = path.resolve()
        except (OSError, RuntimeError) as fault:
            raise PluginFault(f'$INCLUDE of "{named}": the path leads nowhere') from fault
        if not resolved.is_relative_to(self._folder):
            raise PluginFault(f'$INCLUDE of "{named}" leads out of the folder "{self._folder}"; keep the file below it')
        return path
