"""What a handler says when it cannot act now (`Batch.ask`)."""


class PutOffError(Exception):
    """Nothing was done yet: the handler is to be asked again in `wait_s` seconds."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s
