"""The data root: one folder that holds everything a landing folder gives rise to, and is bound to that landing."""

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.reference.errors import UsageFault

PROJECT = Path(__file__).resolve().parents[2]
SAMPLE_LANDING = PROJECT / "data" / "sample"
RUNTIME = PROJECT / "data" / "runtime"
SAMPLE_MARKER = "SAMPLE"
BINDING = "binding.json"


@dataclass(frozen=True)
class DataRoot:
    """A data root and the landing folder it belongs to. Every path of the platform comes from here."""

    path: Path
    landing: Path

    @property
    def lake(self) -> Lake:
        """The tables under this root."""
        return Lake(self.path)

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage."""
        return self.path / "dagster"

    @property
    def received(self) -> Path:
        """What came over the network, laid out like a landing."""
        return self.path / "received"

    @property
    def list_folders(self) -> tuple[Path, Path]:
        """Where screening lists lie: landed and received."""
        return self.landing / "sanctions", self.received / "sanctions"

    @property
    def network(self) -> Path:
        """What is known of each publisher that was asked."""
        return self.path / "network"

    @property
    def models(self) -> Path:
        """Trained models by name and version."""
        return self.path / "models"

    @property
    def mlflow(self) -> Path:
        """MLflow's database and artifacts."""
        return self.path / "mlflow"

    @property
    def optuna(self) -> Path:
        """Tuning studies."""
        return self.path / "optuna"

    @property
    def memos(self) -> Path:
        """Memos as files people open, a folder a night."""
        return self.path / "memos"

    @property
    def reports(self) -> Path:
        """Pages people open, a folder a night."""
        return self.path / "reports"

    @property
    def sample_data(self) -> bool:
        """Whether the landing is marked as generated: then everything derived from it says SAMPLE DATA."""
        return (self.landing / SAMPLE_MARKER).exists()


def default_root(landing: Path) -> Path:
    """Where a landing's data root lies unless another is named: its folder name and a digest of its full path."""
    resolved = landing.resolve()
    if resolved == SAMPLE_LANDING:
        return RUNTIME / "sample"
    return RUNTIME / f"{resolved.name or 'landing'}-{sha256(str(resolved).encode()).hexdigest()[:8]}"


def locate(landing: Path | None, root: Path | None) -> DataRoot:
    """The data root to use: an unnamed landing is the one `root` is bound to, else the bundled sample. Writes nothing.

    Raises:
        UsageFault: `root` belongs to another landing or lies in its own, or its binding cannot be read.
    """
    bound = bound_landing(root) if root else None
    wanted = (landing or bound or SAMPLE_LANDING).resolve()
    if bound and wanted != bound:
        raise UsageFault(f"data root {root} belongs to landing {bound}, not to {wanted}: name another --data-root")
    path = (root or default_root(wanted)).resolve()
    if path.is_relative_to(wanted):
        raise UsageFault(f"data root {path} lies in its landing folder: name one outside")
    return DataRoot(path, wanted)


def bound_landing(root: Path) -> Path | None:
    """The landing `root` is bound to, or None when it is not bound yet."""
    file = root / BINDING
    if not file.exists():
        return None
    try:
        return Path(json.loads(file.read_text())["landing"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageFault(f"data root {root}: {BINDING} cannot be read ({type(error).__name__})") from error


def bind(root: DataRoot) -> None:
    """Create the data root and bind it to its landing.

    Raises:
        UsageFault: it cannot be written, or it is not empty and was never a data root.
    """
    held = bound_landing(root.path)
    if held is None:
        _refuse_foreign(root.path)
    try:
        root.lake.folder.mkdir(parents=True, exist_ok=True)
        if held is None:
            write_atomically(root.path / BINDING, json.dumps({"landing": str(root.landing)}).encode())
    except OSError as error:
        raise UsageFault(f"data root {root.path} cannot be written: {error.strerror}") from error
    if not os.access(root.path, os.W_OK):
        raise UsageFault(f"data root {root.path} cannot be written: permission denied")


def rebind(root: DataRoot) -> None:
    """Bind a data root to the landing it is given, whatever it was bound to: for a copy whose landing lies elsewhere."""
    write_atomically(root.path / BINDING, json.dumps({"landing": str(root.landing)}).encode())


def _refuse_foreign(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise UsageFault(f"data root {path} is not a folder")
    if path.is_dir() and any(path.iterdir()):
        raise UsageFault(f"data root {path} holds other files: name an empty or new folder")
