"""Which copy of each sanctions list a night knew, and whether it may pass anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from openmineral_dagster.sources.sanctions import REQUIRED_LISTS, ListName, ListVersion

# 48 hours at the night's end. The lists are served on weekends too, so a weekend excuses nothing.
MAX_AGE = timedelta(days=2)


@dataclass(frozen=True)
class ListState:
    """A required list as a night knew it.

    Attributes:
        version: the newest copy dated on or before the night, else an undated one, else None.
        problem: why this list may pass nothing, or "".
    """

    list: ListName
    version: ListVersion | None
    problem: str

    @property
    def label(self) -> str:
        """The list and its date, as findings print it: "UN 2026-11-20", "EU missing", "OFAC undated"."""
        if self.version is None:
            return f"{self.list} missing"
        return f"{self.list} {self.version.date or 'undated'}"


def list_states(versions: Iterable[ListVersion], as_of: date) -> tuple[ListState, ...]:
    """The state of OFAC, UN, EU and UK on the night of `as_of`.

    A copy dated after the night was not known then: it is not used, and its list is missing unless an older copy lies there.
    """
    held = tuple(versions)
    return tuple(_state(name, [version for version in held if version.list == name], as_of) for name in REQUIRED_LISTS)


def _state(name: ListName, held: list[ListVersion], as_of: date) -> ListState:
    known = [version for version in held if version.date is None or version.date <= as_of]
    if not known:
        later = min((version.date for version in held if version.date), default=None)
        problem = f"the copy held is dated {later}, after the night, and was not known then" if later else "missing"
        return ListState(name, None, f"{name} list: {problem}")
    newest = max(known, key=lambda version: (version.date or date.min, version.sha256))
    problem = _problem(newest, as_of)
    return ListState(name, newest, f"{name} list: {problem}" if problem else "")


def _problem(version: ListVersion, as_of: date) -> str:
    if version.entries == 0:
        return "empty"
    if version.date is None:
        return "undated, its age cannot be told"
    current_on = max(day for day in (version.date, version.confirmed) if day and day <= as_of)
    if as_of - current_on > MAX_AGE:
        return f"dated {current_on}, {(as_of - current_on).days} days before the night"
    return version.gap
