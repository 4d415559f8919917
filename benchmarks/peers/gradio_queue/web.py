"""Gradio's queue: one process that runs eight generators at a time and streams what they yield to each session."""

import os
import time
from collections.abc import Iterator

import gradio
from work import percentages


def work(steps: int, seconds: float, hash_mib: int) -> Iterator[str]:
    """Do the work of one request. Each text is one update: its percentage, and its time."""
    for percentage in percentages({"steps": steps, "seconds": seconds, "hash_mib": hash_mib}):
        yield f"{percentage} {time.time()}"


with gradio.Blocks(analytics_enabled=False) as app:
    inputs = [gradio.Number(precision=0), gradio.Number(), gradio.Number(precision=0)]
    gradio.Button().click(work, inputs, gradio.Textbox(), api_name="work", concurrency_limit=8)

if __name__ == "__main__":
    app.queue().launch(server_name="127.0.0.1", server_port=int(os.environ["PORT"]), quiet=True)
