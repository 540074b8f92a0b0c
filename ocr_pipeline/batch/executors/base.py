# SPDX-License-Identifier: Apache-2.0
"""What the engine asks of whatever does its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ocr_pipeline.batch.tasks import Event, Task


class Executor(Protocol):
    """Brings tasks to workers and news of them back.

    A task that was submitted comes back exactly once, as ``Done`` or ``Lost``, unless the
    executor is closed before. The order in which tasks come back is not the engine's concern.
    """

    @property
    def inline(self) -> bool:
        """Whether tasks are done in this very process."""

    @property
    def workers(self) -> int:
        """Number of workers."""

    @property
    def busy(self) -> bool:
        """Whether any task is with a worker."""

    def start(self) -> None:
        """Makes sure that the nets can be loaded.

        Raises:
            WeightsError, DeviceError: if they cannot.
        """

    def takes(self, *, ahead: bool, exclusive: bool) -> bool:
        """Whether a task may be submitted now.

        Args:
            ahead: it may wait behind another one.
            exclusive: it needs a worker that has nothing else.
        """

    def submit(self, task: Task) -> None:
        """Gives a task to a worker; only after :meth:`takes` said so."""

    def poll(self, seconds: float) -> Sequence[Event]:
        """News, after waiting for some for at most so long.

        Raises:
            WeightsError, DeviceError: if a worker cannot load its nets.
        """

    def stop(self) -> None:
        """Asks the workers to give up what they are doing, at the next page."""

    def close(self) -> None:
        """Ends the workers, whatever they do."""
