"""What went wrong, told to people: always a line in a file of the data root, and by webhook or e-mail where that is set up."""

import json
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from openmineral_dagster.lake.root import DataRoot

NOTIFY = "OPENMINERAL_NOTIFY"
"""Environment variable: addresses to tell, as the library apprise writes them, such as json://host/path or mailto://..."""
TOLD = "openmineral/told"
"""Tag of a run that failed and has told people why in better words than Dagster's."""
PATIENCE_S = 20.0
"""The longest telling one address may take."""


def tell(root: DataRoot, title: str, body: str, facts: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> None:
    """Leave a notice in `notices.jsonl`, and send it to every address set up; one that cannot be told is a notice too."""
    note(root, {"title": title, "body": body, **facts})
    for address in environment.get(NOTIFY, "").replace("\n", ",").split(","):
        problem = _send(address.strip(), title, body) if address.strip() else ""
        if problem:
            note(root, {"title": "a notice could not be sent", "body": problem})


def note(root: DataRoot, notice: Mapping[str, str]) -> None:
    """Leave a notice in the file alone: one line at its end, written at once, so that lines of several processes never mix."""
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    line = json.dumps({"at": moment, **{name: " ".join(text.split()) for name, text in notice.items()}})
    root.path.mkdir(parents=True, exist_ok=True)
    handle = os.open(root.path / "notices.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, line.encode() + b"\n")
    finally:
        os.close(handle)


def _send(address: str, title: str, body: str) -> str:
    """Why an address could not be told, without what is secret in it; "" where it was."""
    scheme = re.match(r"([a-z]{2,12})://", address)
    kind = f"{scheme.group(1)}://" if scheme else "an address"
    pool = ThreadPoolExecutor(1, thread_name_prefix="notice")
    try:
        sent = pool.submit(_notify, address, title, body).result(timeout=PATIENCE_S)
    except TimeoutError:
        return f"{kind}: no answer in {PATIENCE_S:g} s"
    except Exception as error:  # telling must never cost a night, and its words may hold the address
        return f"{kind}: {type(error).__name__}"
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return {True: "", None: f"{kind}: not an address apprise knows"}.get(sent, f"{kind}: refused or unreachable")


def _notify(address: str, title: str, body: str) -> bool | None:
    """Whether it was told; None where the address is none."""
    import apprise

    notifier = apprise.Apprise()
    return bool(notifier.notify(body=body, title=title)) if notifier.add(address) else None
