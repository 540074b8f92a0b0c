# SPDX-License-Identifier: Apache-2.0
"""``ocr serve``: the pipeline behind a web page and an HTTP API."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

from ocr_pipeline.cli.decoding_flags import decoding_flags
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.train_options import config_option
from ocr_pipeline.options import (
    BACKENDS,
    DEFAULT_DETECTOR,
    LANGS,
    PRECISIONS,
    RunOptions,
)
from ocr_pipeline.serve.options import DEFAULTS, ServeOptions, is_loopback

_RUN = {field.name: field.default for field in fields(RunOptions)}


def _option(flag: str, **kwargs: Any) -> Any:
    """A flag with the default of the field of its name."""
    name = flag.lstrip("-").replace("-", "_")
    default = DEFAULTS[name] if name in DEFAULTS else _RUN[name]
    shown = default not in (None, 0, ())
    return click.option(flag, default=default, show_default=shown, **kwargs)


@click.command()
@_option("--host", help="Address to listen on; 0.0.0.0 serves the network.")
@_option("--port", type=int, help="Port to listen on; 0 takes a free one.")
@_option("--token", envvar="OCR_TOKEN", help="What clients must show as bearer token; $OCR_TOKEN.")
@_option("--allow-origin", multiple=True, help="Site whose pages may use the server; repeatable.")
@_option("--allow-host", multiple=True, help="Name under which the server is known; repeatable.")
@_option("--max-size", type=float, help="MiB of a request.")
@_option("--max-files", type=int, help="Documents of a request.")
@_option("--max-pages", type=int, help="Pages of a request.")
@_option("--max-pixels", type=float, help="Megapixels of a page.")
@_option("--timeout", type=float, help="Seconds after which a request is given up.")
@_option("--upload-timeout", type=float, help="Seconds that a request may take to arrive.")
@_option("--queue", type=int, help="Requests in work or waiting; more are sent away with 503.")
@_option("--parallel", type=int, help="Pages whose lines are searched at the same time.")
@_option("--grace", type=float, help="Seconds that running requests have when the server stops.")
@click.option(
    "--detector",
    multiple=True,
    default=[DEFAULT_DETECTOR],
    show_default=True,
    help="Detector: bundled name or weights file; several to choose from.",
)
@_option(
    "--lang",
    type=click.Choice(LANGS),
    help="Language: en (all of Western Europe's), zh, or auto, which decides line by line.",
)
@click.option(
    "--recognizer",
    multiple=True,
    help="Recognizer instead of the language's: bundled name or file; several to choose from.",
)
@_option("--device", help="auto, cpu, cuda, cuda:N or mps, for both stages.")
@_option("--detector-device", help="Device of the detector alone.")
@_option("--recognizer-device", help="Device of the recognizer alone.")
@_option(
    "--backend", type=click.Choice(BACKENDS), help="What runs the nets; auto: the fastest there is."
)
@_option("--precision", type=click.Choice(PRECISIONS), help="Arithmetic of the nets.")
@_option("--threads", type=int, help="Threads of the nets on a CPU; 0: the backend's choice.")
@_option("--batch-size", type=int, help="Lines that go through the net at once.")
@_option(
    "--beam",
    type=int,
    help="Prefixes kept by beam search; 0 decodes greedily; the recognizer's own when left out.",
)
@decoding_flags
@config_option
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Log every request.")
def serve(
    detector: tuple[str, ...],
    recognizer: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    **values: Any,
) -> None:
    """Serve a web page and an HTTP API that read images and PDFs.

    The address is printed when the server is ready; /docs describes the API. Ctrl-C or SIGTERM
    stops it when the requests that it is working on are done.
    """
    known = {field.name for field in fields(ServeOptions)}
    options = ServeOptions(**{name: values.pop(name) for name in known})
    run = RunOptions(**values)
    try:
        import fastapi  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UsageError("ocr serve needs more: pip install 'ocr-pipeline[serve]'") from error
    from ocr_pipeline.serve.server import address, listen, serve

    if options.token is None and not is_loopback(options.host) and not quiet:
        click.echo(
            f"ocr: warning: whoever reaches {options.host} may use this server; see --token",
            err=True,
        )
    with listen(options) as sock:
        from ocr_pipeline.serve.app import create_app
        from ocr_pipeline.serve.models import Models

        app = create_app(Models.load(run, detector, recognizer), options)

        def ready() -> None:
            if not quiet:
                click.echo(f"{address(sock)}  (Ctrl-C stops it)")

        serve(app, sock, options, "info" if verbose else "warning", ready)
