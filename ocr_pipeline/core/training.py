# SPDX-License-Identifier: Apache-2.0
"""The training loop, one for every net: read it from top to bottom.

A task gives the net, the data, the loss and the validation; the loop gives everything else:
AdamW with warm-up and cosine decay to zero, mixed precision, gradient clipping, averaged (EMA)
weights, logs, checkpoints and exact resumption. Several GPUs and machines: start the same
command with ``torchrun``.

Data is a pure function of (seed, chunk index), so that a position in the data is two numbers and
a resumed run sees what the uninterrupted one would have seen.
"""

from __future__ import annotations

import gc
import io
import itertools
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, cast

import cv2
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from ocr_pipeline.core.devices import autocast, resolve_device, resolve_dtype
from ocr_pipeline.core.errors import TrainingError
from ocr_pipeline.core.images import write_atomic
from ocr_pipeline.core.inference import keep_freed_memory
from ocr_pipeline.core.train_options import TrainOptions
from ocr_pipeline.core.training_parts import (
    Chunks,
    Ema,
    batch_size,
    stop_on_signals,
    tensorboard,
    to_device,
    worker_init,
)
from ocr_pipeline.core.weights import find_weights, load_weights, save_weights

CHECKPOINT = "last.ckpt"
BEST = "best.safetensors"
LOG = "log.jsonl"


class Task(Protocol):
    """What is trained. ``chunk`` runs in worker processes, the rest in the training process."""

    model: nn.Module
    metric: str
    higher_is_better: bool

    def chunk(self, index: int) -> list[Any]:
        """Batches number ``index`` of the endless data: nested dicts or tuples of tensors."""

    def loss(self, model: nn.Module, batch: Any) -> tuple[Tensor, dict[str, Any]]:
        """Scalar loss in float32 and its parts for the log."""

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Metrics of the net on held-out data; ``self.metric`` picks the best weights."""

    def header(self, metrics: dict[str, float]) -> dict[str, Any]:
        """The weights file's header."""

    def adapt(self, header: dict[str, Any], state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Makes another net's tensors fit this one; what is left out starts anew."""


def train(task: Task, options: TrainOptions) -> Path:
    """Trains, and returns the path of the best weights.

    Raises:
        TrainingError: if the loss stops being finite, or a run cannot be resumed.
        KeyboardInterrupt: on Ctrl-C, after the checkpoint was saved.
    """
    run = _Run(task, options)
    try:
        return run.loop()
    finally:
        run.close()


class _Run:
    """State of one run. ``step``, ``chunk`` and ``offset`` say where in the data it is."""

    def __init__(self, task: Task, options: TrainOptions) -> None:
        self.task, self.options = task, options
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device = self._device()
        if options.threads:
            torch.set_num_threads(options.threads)
        keep_freed_memory(everything=True)
        torch.manual_seed(options.seed)
        self.model = task.model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.step = self.chunk = self.offset = self.seen = self.stale = 0
        self.elapsed = 0.0
        self.clock = time.process_time if options.cpu_time else time.monotonic
        self.best: float | None = None
        if options.init_from:
            self._initialise(options.init_from)
        decayed = [p for p in self.model.parameters() if p.ndim > 1]
        rest = [p for p in self.model.parameters() if p.ndim <= 1]
        groups: list[dict[str, Any]] = [
            {"params": decayed, "weight_decay": options.weight_decay},
            {"params": rest},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=options.lr, weight_decay=0.0)
        self.ema = Ema(self.model, options.ema)
        half = resolve_dtype(self.device, options.precision) == torch.float16
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=half)
        self._open()
        self.net: nn.Module = self.model
        if options.compile:
            self.net = cast(nn.Module, torch.compile(self.model))
        if self.world > 1:
            self.net = nn.parallel.DistributedDataParallel(self.net)
        self.stop: int | None = None
        self.patient = True

    def _device(self) -> torch.device:
        device = resolve_device(self.options.device)
        if self.world > 1:
            if device.type == "cuda":
                device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
                torch.cuda.set_device(device)
            torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        return device

    def _initialise(self, source: str) -> None:
        header, state = load_weights(find_weights(source))
        fitting = self.task.adapt(header, state)
        own = self.model.state_dict()
        kept = {k: v for k, v in fitting.items() if k in own and own[k].shape == v.shape}
        if not kept:
            raise TrainingError(f"{source}: none of its tensors fits this net; choose another")
        self.model.load_state_dict(kept, strict=False)
        self._say(f"started from {source}: {len(kept)} of {len(own)} tensors kept")

    def _open(self) -> None:
        out = self.options.out
        checkpoint = out / CHECKPOINT
        if self.options.resume:
            self._load(checkpoint)
        elif checkpoint.exists():
            raise TrainingError(
                f"{out} already holds a run: continue it with --resume or choose another --out"
            )
        out.mkdir(parents=True, exist_ok=True)
        self.log = (out / LOG).open("a", encoding="utf-8") if self.rank == 0 else io.StringIO()
        self.board = tensorboard(out) if self.rank == 0 else None

    # --- the loop -----------------------------------------------------------------------------

    def loop(self) -> Path:
        options = self.options
        with stop_on_signals(self):
            start = self.clock() - self.elapsed
            logged = evaluated = saved = self.elapsed
            evaluated_step = self.step
            sums: dict[str, float] = {}
            window, seen = 0, self.seen
            for batch in self._batches():
                if self._finished():
                    break
                for key, value in self._train_step(batch).items():
                    sums[key] = sums.get(key, 0.0) + value
                self.offset += 1  # only now: a batch that was fetched in vain comes again
                window += 1
                self.elapsed = self.clock() - start
                if self.step % options.log_every == 0:
                    rate = (self.seen - seen) / max(self.elapsed - logged, 1e-9)
                    self._log_train({k: v / window for k, v in sums.items()}, rate)
                    sums, window, seen, logged = {}, 0, self.seen, self.elapsed
                due = options.eval_steps and self.step - evaluated_step >= options.eval_steps
                if due or self.elapsed - evaluated >= options.eval_minutes * 60:
                    self._validate()
                    self.elapsed = self.clock() - start
                    evaluated, evaluated_step = self.elapsed, self.step
                    if options.patience and self.stale >= options.patience:
                        self._say(f"no better {self.task.metric} in {self.stale} validations: end")
                        self.patient = False
                if self.elapsed - saved >= options.save_minutes * 60:
                    self._save()
                    saved = self.elapsed
            if self.stop is None:
                self._validate()
        self._save()
        if self.world > 1:
            # A process that ends while another still writes takes the connections with it.
            torch.distributed.barrier()
        if self.stop is not None:
            self._say(f"stopped; continue with --resume --out {options.out}")
            raise KeyboardInterrupt
        return options.out / BEST

    def _batches(self) -> Iterator[Any]:
        """Yields batches from the present position on; the loop counts them in ``offset``."""
        indices = itertools.count(self.chunk * self.world + self.rank, self.world)
        workers = self.options.workers
        if workers:
            cv2.setNumThreads(1)  # its threads do not survive the fork, and a worker would wait
        loader = DataLoader(
            Chunks(self.task),
            batch_size=None,
            sampler=indices,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            pin_memory=self.device.type == "cuda",
            worker_init_fn=worker_init,
            # Its own, or a resumed run, which starts the loader once more, would have other
            # dropout than the uninterrupted one.
            generator=torch.Generator().manual_seed(self.options.seed),
        )
        for chunk in loader:
            yield from chunk[self.offset :]
            self.chunk, self.offset = self.chunk + 1, 0

    def _train_step(self, batch: Any) -> dict[str, float]:
        batch = to_device(batch, self.device)
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.lr * self._schedule()
        self.net.train()
        with autocast(self.device, self.options.precision):
            loss, parts = self.task.loss(self.net, batch)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        limit = self.options.clip or math.inf
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), limit)
        self._check_finite(loss, norm, batch)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.step += 1
        self.seen += batch_size(batch) * self.world
        self.ema.update(self.model, self.step)
        return {"loss": float(loss.detach()), **{k: float(v) for k, v in parts.items()}}

    def _check_finite(self, loss: Tensor, norm: Tensor, batch: Any) -> None:
        if bool(torch.isfinite(loss)) and (bool(torch.isfinite(norm)) or self.scaler.is_enabled()):
            return
        names = batch.get("names") if isinstance(batch, dict) else None
        raise TrainingError(
            f"step {self.step}: loss {float(loss)}, gradient norm {float(norm)}; samples: "
            f"{names or 'unnamed'}. Lower --lr, or look at the samples with --dry-run"
        )

    def _progress(self) -> float:
        """Share of the budget that is used up, by steps or by time, whichever is further."""
        shares = [0.0]
        if self.options.max_steps:
            shares.append(self.step / self.options.max_steps)
        if self.options.max_minutes:
            shares.append(self.elapsed / (60 * self.options.max_minutes))
        return self._largest(max(shares))

    def _finished(self) -> bool:
        """Whether the budget is used up or any rank was told to stop: the same on all ranks."""
        ended = self.stop is not None or not self.patient
        return self._largest(float(ended)) > 0 or self._progress() >= 1.0

    def _largest(self, value: float) -> float:
        """The largest of all ranks' values, so that all decide alike at the same step."""
        if self.world == 1:
            return value
        shared = torch.tensor([value], device=self.device)
        torch.distributed.all_reduce(shared, torch.distributed.ReduceOp.MAX)
        return float(shared)

    def _schedule(self) -> float:
        warm = min(1.0, (self.step + 1) / max(1, self.options.warmup))
        return warm * 0.5 * (1.0 + math.cos(math.pi * min(1.0, self._progress())))

    # --- validation, logs and files -----------------------------------------------------------

    def _validate(self) -> None:
        if self.rank != 0:
            return
        kept = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        random = torch.get_rng_state()
        self.model.load_state_dict(self.ema.state)
        self.model.eval()
        try:
            with torch.inference_mode(), autocast(self.device, self.options.precision):
                metrics = self.task.validate(self.model)
        finally:
            self.model.load_state_dict(kept)
            self.model.train()
            torch.set_rng_state(random)
        value = metrics[self.task.metric]
        sign = 1 if self.task.higher_is_better else -1
        better = self.best is None or sign * value > sign * self.best
        if better:
            self.best, self.stale = value, 0
            left_out = tuple(getattr(self.model, "training_only", ()))
            state = {k: v for k, v in self.ema.state.items() if not k.startswith(left_out)}
            save_weights(self.options.out / BEST, state, self.task.header(metrics))
        else:
            self.stale += 1
        self._log({"step": self.step, "seen": self.seen, "minutes": self.elapsed / 60, **metrics})
        text = "  ".join(f"{key} {value:.4g}" for key, value in metrics.items())
        self._say(f"step {self.step}  validation: {text}{'  (best)' if better else ''}")

    def _log_train(self, means: dict[str, float], rate: float) -> None:
        if self.rank != 0:
            return
        lr = self.optimizer.param_groups[0]["lr"]
        left = self.elapsed * (1 / max(self._progress(), 1e-6) - 1) if self.world == 1 else 0.0
        row = {"step": self.step, "seen": self.seen, "minutes": self.elapsed / 60, "lr": lr}
        self._log({**row, **means, "per_second": rate})
        best = "-" if self.best is None else f"{self.best:.4g}"
        parts = "  ".join(f"{key} {value:.4f}" for key, value in means.items())
        self._say(
            f"step {self.step}  {parts}  best {self.task.metric} {best}  lr {lr:.2e}  "
            f"{rate:.1f}/s  {left / 60:.0f} min left"
        )

    def _log(self, row: dict[str, Any]) -> None:
        rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}
        self.log.write(json.dumps(rounded) + "\n")
        self.log.flush()
        if self.board is not None:
            for key, value in row.items():
                if key not in ("step", "seen"):
                    self.board.add_scalar(key, value, self.step)

    def _say(self, text: str) -> None:
        if self.rank == 0:
            print(text, file=sys.stderr, flush=True)

    def _save(self) -> None:
        if self.rank != 0:
            return
        state = {
            "model": self.model.state_dict(),
            "ema": self.ema.state,
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "random": torch.get_rng_state(),
            "counters": {k: getattr(self, k) for k in _COUNTERS},
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_atomic(self.options.out / CHECKPOINT, buffer.getvalue())

    def _load(self, path: Path) -> None:
        if not path.is_file():
            raise TrainingError(f"{path}: no checkpoint there to resume from")
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.scaler.load_state_dict(state["scaler"])
        except Exception as error:  # torch raises many kinds for damaged files
            raise TrainingError(f"{path}: cannot be resumed: {error}") from error
        self.ema.state = {k: v.to(self.device) for k, v in state["ema"].items()}
        torch.set_rng_state(state["random"])
        for key in _COUNTERS:
            setattr(self, key, state["counters"][key])

    def close(self) -> None:
        self.log.close()
        if self.board is not None:
            self.board.close()
        if self.world > 1:
            # The wrapper holds the connections, whose threads may not outlive the interpreter.
            self.net = self.model
            gc.collect()
            torch.distributed.destroy_process_group()


_COUNTERS = ("step", "chunk", "offset", "seen", "stale", "elapsed", "best")
