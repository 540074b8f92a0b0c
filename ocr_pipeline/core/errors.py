# SPDX-License-Identifier: Apache-2.0
"""Every error a user can cause or meet, each with the exit code the command line ends with."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the ``ocr`` command; documented in ``docs/exit-codes.md``."""

    OK = 0
    SOME_FAILED = 1
    USAGE = 2
    INPUT = 3
    WEIGHTS = 4
    DEVICE = 5
    DATA = 6
    TRAINING = 7
    INTERRUPTED = 130


class OcrError(Exception):
    """Base of all errors. The message names the file and says what to do."""

    exit_code: ExitCode = ExitCode.SOME_FAILED


class UsageError(OcrError):
    """Options that do not fit together or are out of range."""

    exit_code = ExitCode.USAGE


class InputError(OcrError):
    """An input file that is missing, empty, truncated or of an unknown kind."""

    exit_code = ExitCode.INPUT


class UnknownKindError(InputError):
    """An input that is no image, PDF or archive by its content."""


class TooLargeError(InputError):
    """An input with more pixels, bytes or pages than are read."""


class EncryptedError(InputError):
    """An input that needs a password, or another one than was given."""


class WeightsError(OcrError):
    """A weights file that is missing, damaged, too new or made for another stage."""

    exit_code = ExitCode.WEIGHTS


class DeviceError(OcrError):
    """A device or precision that this machine does not have."""

    exit_code = ExitCode.DEVICE


class BackendError(DeviceError):
    """An inference backend that is not installed or cannot run a net."""


class NoGraphError(BackendError):
    """A net that only torch can run: it has no ONNX form."""


class DataError(OcrError):
    """A data set, label or alphabet that cannot be used as it is."""

    exit_code = ExitCode.DATA


class FontError(DataError):
    """No usable font, or a font that lacks the characters asked for."""


class TrainingError(OcrError):
    """A training run that cannot start, resume or go on."""

    exit_code = ExitCode.TRAINING
