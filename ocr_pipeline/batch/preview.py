# SPDX-License-Identifier: Apache-2.0
"""What a run would do, without doing it (``--dry-run``), and what earlier runs have written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ocr_pipeline.batch.manifest import FOLDER, Manifest
from ocr_pipeline.batch.register import Judge, Verdict, find_row, free_target
from ocr_pipeline.batch.settings import settings_of
from ocr_pipeline.batch.stamps import in_shard
from ocr_pipeline.batch_options import BatchOptions
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers.inputs import InputFile


def preview(
    files: Sequence[InputFile], out: Path | None, options: RunOptions, batch: BatchOptions
) -> Iterator[tuple[Verdict, str, str]]:
    """What is to become of each file, its name, and the target of its outputs.

    Raises:
        WeightsError, InputError: if weights or other files that the options name are not there.
        ManifestError: if the manifest of an earlier run cannot be read.
    """
    path = None if out is None else out / FOLDER / f"manifest{batch.shard.suffix}.sqlite"
    settings = settings_of(options, batch)
    with Manifest(path if path is not None and path.exists() else None) as manifest:
        judge = Judge(manifest, settings, out, batch.redo)
        for file in files:
            if in_shard(file, batch.shard):
                row = find_row(manifest, file)
                target = free_target(manifest, file).as_posix() if row is None else row.target
                yield judge.verdict(row, file), file.name, target


def known_outputs(out: Path) -> frozenset[str]:
    """Absolute paths of what earlier runs wrote into a folder: no input of later ones."""
    found = {str(out.absolute() / f"review{suffix}") for suffix in (".csv", ".jsonl")}
    for path in sorted((out / FOLDER).glob("manifest*.sqlite")):
        with Manifest(path) as manifest:
            for table in ("files", "pages"):
                for (names,) in manifest.db.execute(
                    f"SELECT outputs FROM {table} WHERE outputs != '[]'"
                ):
                    found.update(str(out.absolute() / name) for name in json.loads(names))
    return frozenset(found)
