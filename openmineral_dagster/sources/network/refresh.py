"""One round of asking publishers: every address once, each answer examined before it is kept, no fault beyond its publisher."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Literal

from openmineral_dagster.reference.calendars import LONDON
from openmineral_dagster.reference.errors import BadInput, PermanentFault, TransientFault
from openmineral_dagster.sources.network.examine import Worth, require_no_step_back, worth_of
from openmineral_dagster.sources.network.received import Held, Received, State, digest_of
from openmineral_dagster.sources.network.settings import Settings
from openmineral_dagster.sources.network.source import Address, Source
from openmineral_dagster.sources.network.transport import Busy, Seen, Transport

Clock = Callable[[], datetime]
Status = Literal["new", "unchanged", "refused", "unreachable", "not asked"]
SIDE_BY_SIDE = 8
"""Publishers asked at once; one request at a time for each."""


@dataclass(frozen=True)
class Outcome:
    """What came of asking one address.

    Attributes:
        file: where its data land, below the received folder; "" where the publisher's addresses could not be found.
        status: new or unchanged; refused: the answer was no use; unreachable: none came; not asked: it wants to be left alone.
        reason: in one line, "" where all is well.
        held: the last good file, now or from before; None where there never was one.
    """

    source: str
    file: str
    status: Status
    reason: str
    held: Held | None

    @property
    def failed(self) -> bool:
        """Whether the desk goes on with what it had."""
        return self.status not in ("new", "unchanged")


@dataclass(frozen=True)
class _Good:
    """An answer that passed its examination, not kept yet; without data and worth where nothing changed."""

    address: Address
    held: Held | None
    seen: Seen
    data: bytes | None
    worth: Worth | None
    came: datetime


@dataclass(frozen=True)
class _Round:
    """Asking one publisher once."""

    source: Source
    transport: Transport
    received: Received
    settings: Settings
    clock: Clock
    before: State

    def run(self) -> tuple[list[Outcome], State]:
        """The outcome of every address, and what is known of the publisher after them."""
        try:
            addresses = list(self.source.addresses(self._page, self._today, self.settings))
        except Exception as fault:  # whatever one publisher says stays its own trouble
            return [self._failed("", fault)], replace(self.before, left_alone_until=_until(fault))
        good, failed, until = self._ask(addresses)
        kept = self._put_back(good, failed[0]) if self.source.together and failed else list(self._keep(good))
        outcomes = [*kept, *failed]
        return outcomes, State({outcome.file: outcome.held for outcome in outcomes if outcome.held}, until)

    def _ask(self, addresses: list[Address]) -> tuple[list[_Good], list[Outcome], str]:
        """Good answers, the others, and until when the publisher wants to be left alone.

        An unreachable server is not asked for its other files.
        """
        good: list[_Good] = []
        failed: list[Outcome] = []
        for number, address in enumerate(addresses):
            if number:
                self.transport.sleep(self.source.pause_s)
            try:
                good.append(self._fetch(address))
            except TransientFault as fault:
                failed += [self._failed(late.file, fault) for late in addresses[number:]]
                return good, failed, _until(fault)
            except Exception as fault:  # nothing a publisher sends may end the round
                failed.append(self._failed(address.file, fault))
        return good, failed, ""

    def _fetch(self, address: Address) -> _Good:
        held = self.before.files.get(address.file)
        known = held if held and held.asked == digest_of(address.url) and self.received.holds(held) else None
        answer = self.transport.get(address.url, known.seen if known else None)
        came = self.clock()
        same = known is not None and (answer.data is None or sha256(answer.data).hexdigest() == known.sha256)
        if same:
            return _Good(address, held, answer.seen, None, None, came)
        if answer.data is None:
            raise PermanentFault(f"{address.url}: answers that nothing changed, though nothing was held")
        worth = worth_of(address, answer.data, self._today)
        require_no_step_back(address, worth, held.worth if held else None)
        return _Good(address, held, answer.seen, answer.data, worth, came)

    def _keep(self, good: Iterable[_Good]) -> Iterator[Outcome]:
        """Keep what passed: new bytes as a new file, unchanged ones as confirmed."""
        for part in good:
            if part.data is not None and part.worth is not None:
                new = self.received.accept(part.address, part.data, part.worth, part.seen, part.came)
                yield Outcome(self.source.name, part.address.file, "new", "", new)
            elif part.held is not None:
                confirmed = self.received.confirm(part.address, part.held, part.seen, part.came)
                yield Outcome(self.source.name, part.address.file, "unchanged", "", confirmed)

    def _put_back(self, good: Iterable[_Good], failed: Outcome) -> list[Outcome]:
        """The outcomes of good parts of a copy whose other part failed: none is kept."""
        reason = f"{failed.file}, which belongs to it: {failed.reason}"
        return [Outcome(self.source.name, part.address.file, failed.status, reason, part.held) for part in good]

    def _failed(self, file: str, fault: Exception) -> Outcome:
        status: Status = "unreachable" if isinstance(fault, TransientFault) else "refused"
        known = isinstance(fault, TransientFault | PermanentFault | BadInput)
        said = str(fault) if known else f"{file or self.source.name}: cannot be read ({type(fault).__name__})"
        return Outcome(self.source.name, file, status, " ".join(said.split()), self.before.files.get(file))

    @property
    def _today(self) -> date:
        return self.clock().astimezone(LONDON).date()

    def _page(self, url: str) -> bytes:
        return self.transport.get(url).data or b""


def refresh(
    sources: Sequence[Source], transport: Transport, received: Received, settings: Settings, clock: Clock
) -> list[Outcome]:
    """Ask every address of `sources` once; the outcomes in their order.

    Args:
        clock: tells the time (UTC): every answer is dated when it came.
    """

    def ask(source: Source) -> list[Outcome]:
        return refresh_one(source, transport, received, settings, clock)

    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="source") as pool:
        return [outcome for outcomes in pool.map(ask, sources) for outcome in outcomes]


def refresh_one(source: Source, transport: Transport, received: Received, settings: Settings, clock: Clock) -> list[Outcome]:
    """Ask one publisher. Whatever is wrong with its answers, what was held stays."""
    before = received.state(source.name)
    if clock().isoformat() < before.left_alone_until:
        reason = f"asked to be left alone until {before.left_alone_until}"
        files = tuple(before.files) or ("",)
        return [Outcome(source.name, file, "not asked", reason, before.files.get(file)) for file in files]
    outcomes, after = _Round(source, transport, received, settings, clock, before).run()
    received.remember(source.name, after)
    return outcomes


def _until(fault: Exception) -> str:
    return fault.until.isoformat(timespec="seconds") if isinstance(fault, Busy) else ""
