"""The errors that cross package borders. Each message is one line that a person can act on."""


class OpenMineralError(Exception):
    """Base of every error this package raises on purpose."""


class UsageFault(OpenMineralError):
    """What was asked cannot be done: a wrong argument, an unusable landing or data root, no usable price. Exit status 2."""


class BadInput(OpenMineralError):
    """A file, or one field of it, that cannot be used. Quarantined when it landed, exit status 2 when it was named by hand.

    Args:
        file: path as the person knows it, relative to the landing where there is one.
        field: dotted path of the field, or "" for the file as a whole.
        value: what was found, shortened for display.
        expectation: what would have been accepted.
    """

    def __init__(self, file: str, field: str, value: object, expectation: str) -> None:
        self.file, self.field, self.expectation = file, field, expectation
        self.value = str(value)[:120]
        where = f"{file}: {field}" if field else file
        super().__init__(f"{where}: expected {expectation}, found {self.value!r}")


class GateFailure(OpenMineralError):
    """Rows that break their own schema or promise, found before they could be published. The run fails, exit status 1."""


class TransientFault(OpenMineralError):
    """What may pass by itself: a server that is busy, a line that broke, a locked database. Worth another try."""


class PermanentFault(OpenMineralError):
    """What another try does not mend: an address that is gone, a page where data were expected."""
