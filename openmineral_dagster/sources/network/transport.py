"""Asking a publisher's server: conditional, bounded in time, size and tries, and never against its wish to be left alone."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from openmineral_dagster.reference.errors import PermanentFault, TransientFault

AGENT = "openmineral-dagster/0.1 (nightly batch; conditional requests)"
LONGEST_AWAY = timedelta(days=7)
"""The longest a server is left alone, whatever it asks for."""
PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
"""Refusals that time mends, beside everything from 500 on."""


@dataclass(frozen=True)
class Limits:
    """How long and how often a server is asked.

    Attributes:
        attempts: tries of one address.
        pause_s: before the second try, twice as long before each after it, with jitter.
        longest_pause_s: a server that wants a longer pause is left alone until then, without another try.
        silence_s: without a byte.
        total_s: from the request to the last byte of its answer.
        redirects: followed one after another.
        most_bytes: of an answer, unpacked.
    """

    attempts: int = 3
    pause_s: float = 1.0
    longest_pause_s: float = 30.0
    silence_s: float = 15.0
    total_s: float = 180.0
    redirects: int = 5
    most_bytes: int = 120_000_000


@dataclass(frozen=True)
class Seen:
    """What an earlier answer said of its version: sent back, so that an unchanged file is not sent again."""

    etag: str = ""
    last_modified: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """As conditions of a request."""
        conditions = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in conditions.items() if value and value.isascii() and value.isprintable()}


@dataclass(frozen=True)
class Answer:
    """What a server sent: the bytes, or None where they are unchanged; and what the next request should say it saw."""

    data: bytes | None
    seen: Seen


class Busy(TransientFault):
    """A server that asks to be left alone for a while.

    Attributes:
        until: when it may be asked again (UTC).
    """

    def __init__(self, message: str, until: datetime) -> None:
        self.until = until
        super().__init__(message)


@dataclass(frozen=True)
class Transport:
    """One way to ask any publisher.

    Attributes:
        mirror: address of a server that is asked in every publisher's place, as MIRROR/host/path; "" for none.
        sleep: waits the given seconds.
    """

    limits: Limits = field(default_factory=Limits)
    mirror: str = ""
    sleep: Callable[[float], None] = time.sleep

    def get(self, url: str, seen: Seen | None = None) -> Answer:
        """The answer to a request for `url`, tried again while that may help.

        Raises:
            Busy: the server wants a longer pause than we are ready to make.
            TransientFault: no try succeeded, for reasons that may pass.
            PermanentFault: the address, or what it leads to, is not what was asked for.
        """
        retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, TransientFault) and self._pause(error) is not None),
            wait=self._wait,
            stop=stop_after_attempt(self.limits.attempts),
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(self._once, url, seen or Seen())

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        backoff = wait_exponential_jitter(
            initial=self.limits.pause_s, max=self.limits.longest_pause_s, jitter=self.limits.pause_s
        )
        return max(self._pause(error) or 0.0, backoff(state))

    def _pause(self, error: BaseException | None) -> float | None:
        """Seconds a server asked for: 0 where it did not, None where it is more than we wait."""
        if not isinstance(error, Busy):
            return 0.0
        wanted = (error.until - datetime.now(UTC)).total_seconds()
        return wanted if wanted <= self.limits.longest_pause_s else None

    def _once(self, url: str, seen: Seen) -> Answer:
        started, host = time.monotonic(), urlsplit(url).netloc
        try:
            with (
                self._client() as client,
                self._ends(client),
                client.stream("GET", self._address(url), headers=seen.headers) as response,
            ):
                return self._answer(response, url, started)
        except (httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.DecodingError, httpx.InvalidURL) as error:
            raise PermanentFault(f"{host}: {_words(error)}") from error
        except httpx.TransportError as error:
            raise TransientFault(f"{host}: {_words(error)}") from error
        except (RuntimeError, OSError) as error:  # what a request meets whose client was closed at the end of its time
            if time.monotonic() - started < self.limits.total_s:
                raise
            raise TransientFault(f"{host}: not done after {self.limits.total_s:g} s") from error

    @contextmanager
    def _ends(self, client: httpx.Client) -> Iterator[None]:
        """Closes the client at the end of its time, headers that never end included."""

        def close() -> None:
            with suppress(RuntimeError, OSError):
                client.close()

        timer = threading.Timer(self.limits.total_s + 0.5, close)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _client(self) -> httpx.Client:
        return httpx.Client(
            follow_redirects=True,
            max_redirects=self.limits.redirects,
            timeout=self.limits.silence_s,
            headers={"User-Agent": AGENT, "Accept": "*/*"},
        )

    def _address(self, url: str) -> str:
        parts = urlsplit(url)
        if not self.mirror:
            return url
        return f"{self.mirror.rstrip('/')}/{parts.netloc}{parts.path}{'?' + parts.query if parts.query else ''}"

    def _answer(self, response: httpx.Response, url: str, started: float) -> Answer:
        host = urlsplit(url).netloc
        if urlsplit(str(response.url)).scheme == "http" and url.startswith("https:") and not self.mirror:
            raise PermanentFault(f"{host}: leads to an address without encryption")
        seen = Seen(response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            return Answer(None, seen)
        if response.status_code != HTTPStatus.OK:
            raise _refusal(response, host)
        return Answer(self._body(response, host, started), seen)

    def _body(self, response: httpx.Response, host: str, started: float) -> bytes:
        body = io.BytesIO()
        for part in response.iter_bytes():
            body.write(part)
            if body.tell() > self.limits.most_bytes:
                raise PermanentFault(f"{host}: more than {self.limits.most_bytes} bytes when unpacked")
            if time.monotonic() - started > self.limits.total_s:
                raise TransientFault(f"{host}: not done after {self.limits.total_s:g} s, {body.tell()} bytes")
        return body.getvalue()


def _refusal(response: httpx.Response, host: str) -> Exception:
    """The fault an answer other than data stands for."""
    said = f"{host}: answers {response.status_code} {response.reason_phrase}".rstrip()
    if response.status_code not in PASSING and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return PermanentFault(said)
    until = _retry_after(response.headers.get("Retry-After", ""))
    if until is None:
        return TransientFault(said)
    return Busy(f"{said}, asks to be left alone until {until:%Y-%m-%d %H:%M:%S} UTC", until)


def _retry_after(said: str) -> datetime | None:
    """When a server may be asked again, from seconds or a date; None where it does not say so in either way."""
    now = datetime.now(UTC)
    if said.isascii() and said.isdigit() and len(said) <= 7:
        return min(now + timedelta(seconds=int(said)), now + LONGEST_AWAY)
    try:
        until = parsedate_to_datetime(said)
        aware = until.astimezone(UTC) if until.tzinfo else until.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return min(aware, now + LONGEST_AWAY)


def _words(error: Exception) -> str:
    return f"{type(error).__name__} {' '.join(str(error).split())}".strip()[:200]
