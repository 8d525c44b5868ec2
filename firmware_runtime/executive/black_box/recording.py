"""Records into files. An error of the disk ends the recording, with a word, and nothing else."""

from typing import Protocol

from firmware_runtime.recorder.blackbox import BlackBoxError, BlackBoxWriter


class Files(Protocol):
    """Where the records go; see one_file.OneFile, folder.Folder."""

    file_max_bytes: int | None
    """The next file begins beyond it."""

    def begin(self) -> BlackBoxWriter:
        """Makes the next file. OSError where the disk does not take it, BlackBoxError where it is none."""
        ...


class Recording:
    """`append` each record, `flush` after each round, `sync` now and then; none of them ever raises."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._writer: BlackBoxWriter | None = None
        self.error = ""
        """Why it ended early: disk full, disk gone, no file."""
        self.records = 0
        self.bytes = 0
        self.refused = 0
        """Records that came after the error."""
        self._begin()

    def append(self, payload: bytes) -> None:
        writer = self._writer
        if writer is None:
            self.refused += 1
            return
        try:
            writer.append(payload)
            self.records += 1
            self.bytes += len(payload)
            limit = self._files.file_max_bytes
            if limit is not None and writer.bytes >= limit:
                writer.close()
                self._begin()
        except OSError as error:
            self._end(error)

    def flush(self) -> None:
        """From here on it survives the death of this process."""
        if self._writer is not None:
            try:
                self._writer.flush()
            except OSError as error:
                self._end(error)

    def sync(self) -> None:
        """From here on it survives a loss of power."""
        if self._writer is not None:
            try:
                self._writer.sync()
            except OSError as error:
                self._end(error)

    def close(self) -> None:
        if self._writer is not None:
            try:
                self._writer.close()
            except OSError as error:
                self._end(error)
            self._writer = None

    def _begin(self) -> None:
        try:
            self._writer = self._files.begin()
        except (OSError, BlackBoxError) as error:
            self._end(error)

    def _end(self, error: OSError | BlackBoxError) -> None:
        self._writer = None
        self.error = str(error) if isinstance(error, BlackBoxError) else _words(error)


def _words(error: OSError) -> str:
    text = error.strerror or str(error)
    return f"{error.filename}: {text}" if error.filename else text
