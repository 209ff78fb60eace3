"""Raw bytes as they were received, kept once by their hash, so that any night can be parsed again."""

import gzip
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.reference.errors import UsageFault


@dataclass(frozen=True)
class RawStore:
    """The bytes of every file that ever landed, compressed, named by the hash of what was received."""

    folder: Path

    def keep(self, content: bytes) -> str:
        """Keep `content` unless it is kept already; its SHA-256."""
        digest = sha256(content).hexdigest()
        path = self._path(digest)
        if not path.exists():
            write_atomically(path, gzip.compress(content, compresslevel=3, mtime=0))
        return digest

    def read(self, digest: str) -> bytes:
        """The bytes with this SHA-256.

        Raises:
            UsageFault: they are not kept, or no longer what they were.
        """
        path = self._path(digest)
        if not path.exists():
            raise UsageFault(f"raw bytes {digest}: not kept in {self.folder}")
        content = gzip.decompress(path.read_bytes())
        if sha256(content).hexdigest() != digest:
            raise UsageFault(f"raw bytes {digest}: {path} is damaged")
        return content

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / f"{digest}.gz"
