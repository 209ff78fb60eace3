"""What was received from the network: the last good file of every address, laid out like a landing, and its provenance."""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path, PurePosixPath

from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.raw import RawStore
from openmineral_dagster.reference.calendars import LONDON, night_end
from openmineral_dagster.sources.network.examine import Worth
from openmineral_dagster.sources.network.source import Address
from openmineral_dagster.sources.network.transport import Seen


@dataclass(frozen=True)
class Held:
    """The last good file of an address.

    Attributes:
        url: its address without what follows a question mark, which may be a key.
        asked: digest of the whole address.
        path: below the received folder, with the night that could first know it in its name.
        sha256: of the bytes as received, which the raw store keeps.
        received_at, confirmed_at: when it came, and when the publisher last said it is still current (ISO, UTC).
    """

    url: str
    asked: str
    path: str
    sha256: str
    bytes: int
    rows: int
    last_day: str | None
    received_at: str
    confirmed_at: str
    etag: str = ""
    last_modified: str = ""

    @property
    def seen(self) -> Seen:
        """What the next request says it has."""
        return Seen(self.etag, self.last_modified)

    @property
    def worth(self) -> Worth:
        """What it holds."""
        return Worth(self.rows, date.fromisoformat(self.last_day) if self.last_day else None)


@dataclass(frozen=True)
class State:
    """What is known of one publisher: its files by name, and until when it wants to be left alone (ISO, UTC; "" if not)."""

    files: dict[str, Held] = field(default_factory=dict)
    left_alone_until: str = ""


@dataclass(frozen=True)
class Received:
    """The received files of a data root.

    Attributes:
        folder: the files, laid out like a landing.
        states: a JSON file a publisher.
        raw: keeps the bytes as received.
    """

    folder: Path
    states: Path
    raw: RawStore

    def state(self, source: str) -> State:
        """What is known of a publisher; a state that cannot be read only costs a full download."""
        file = self.states / f"{source}.json"
        try:
            written = json.loads(file.read_text())
            files = {name: Held(**held) for name, held in written["files"].items()}
            return State(files, written["left_alone_until"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return State()

    def remember(self, source: str, state: State) -> None:
        """Put `state` in the place of what was known of a publisher."""
        write_atomically(self.states / f"{source}.json", json.dumps(asdict(state), indent=1, sort_keys=True).encode())

    def accept(self, address: Address, data: bytes, found: Worth, seen: Seen, now: datetime) -> Held:
        """Keep `data` as the address's last good file; the one before it goes, unless it shows a moving window."""
        digest, path = self.raw.keep(data), dated(address, data, now)
        write_atomically(self.folder / path, data)
        for earlier in () if address.each else self._earlier(address, path):
            earlier.unlink(missing_ok=True)
        moment, last = now.isoformat(), found.last_day.isoformat() if found.last_day else None
        return Held(
            address.url.partition("?")[0],
            digest_of(address.url),
            path,
            digest,
            len(data),
            found.rows,
            last,
            moment,
            moment,
            seen.etag,
            seen.last_modified,
        )

    def _earlier(self, address: Address, path: str) -> list[Path]:
        """The files of an address that came before `path`, one that a killed round left among them."""
        name = PurePosixPath(address.file)
        dated_alike = (self.folder / name.parent).glob(f"{name.stem}.????-??-??{name.suffix}")
        return [file for file in dated_alike if file != self.folder / path]

    def holds(self, held: Held) -> bool:
        """Whether the file is still there as it was received."""
        try:
            return sha256((self.folder / held.path).read_bytes()).hexdigest() == held.sha256
        except OSError:
            return False

    def confirm(self, address: Address, held: Held, seen: Seen, now: datetime) -> Held:
        """Note that a file is still current. A list is named after the night it was confirmed for: its age counts from there."""
        path = held.path
        if address.file.startswith("sanctions/"):
            path = dated(address, b"", now)
            (self.folder / held.path).rename(self.folder / path)
        kept = Seen(seen.etag or held.etag, seen.last_modified or held.last_modified)
        return replace(held, path=path, confirmed_at=now.isoformat(), etag=kept.etag, last_modified=kept.last_modified)


def digest_of(url: str) -> str:
    """What an address is told by, without saying it."""
    return sha256(url.encode()).hexdigest()[:16]


def dated(address: Address, data: bytes, now: datetime) -> str:
    """The path of a file that came `now`: its name carries the first night that could know it, and a window's its hash."""
    path = PurePosixPath(address.file)
    own = f"-{sha256(data).hexdigest()[:8]}" if address.each else ""
    return str(path.with_name(f"{path.stem}{own}.{night_of(now)}{path.suffix}"))


def night_of(moment: datetime) -> date:
    """The first night that knows what came at `moment` (aware)."""
    day = moment.astimezone(LONDON).date()
    return day if moment <= night_end(day) else day + timedelta(days=1)


def utc_now() -> datetime:
    """Now, to the second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)
