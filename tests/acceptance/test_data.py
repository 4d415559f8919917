"""Data that people bring, from the upload to the model: every pipeline, over every kind of data source."""

import hashlib
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pypdf
import pytest
import redis
from sklearn import datasets

from tests.acceptance.client import Client, connect
from tests.acceptance.streams import Message
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
SECONDS = 60.0


@pytest.fixture
def tenant(alice: str) -> str:
    """Name a tenant of this test's own, because names of datasets belong to a tenant."""
    return f"tenant-of-{alice}"


@pytest.fixture
async def http(live_stack: LiveStack, alice: str, tenant: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {live_stack.token(alice, tenant)}"}
    async with httpx.AsyncClient(
        base_url=live_stack.http_urls[1], headers=headers, trust_env=False, timeout=60
    ) as client:
        yield client


def iris() -> pd.DataFrame:
    bundle = datasets.load_iris(as_frame=True)
    return bundle.data.assign(species=[bundle.target_names[number] for number in bundle.target])


async def upload(http: httpx.AsyncClient, filename: str, content: bytes) -> Message:
    answer = await http.post("/api/datasets/", files={"file": (filename, content)})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def process(client: Client, action: str = "process_data", **payload: Any) -> Message:
    """Run a request, and return the final message. Its stream must be whole, and its progress must rise."""
    stream = await client.whole_stream(await client.submit(action, payload), seconds=SECONDS)
    assert stream[-1]["type"] == "complete", stream[-1]
    told = [one["percentage"] for one in stream if one["type"] == "progress"]
    assert told == sorted(told) and told[0] <= 5 and told[-1] >= 98
    return stream[-1]


async def files_of(http: httpx.AsyncClient, final: Message) -> dict[str, bytes]:
    """Fetch filename → content, which must be the announced one."""
    files = {}
    for artifact in final["artifacts"]:
        content = (await http.get(artifact["url"])).content
        assert hashlib.sha256(content).hexdigest() == artifact["sha256"]
        files[artifact["filename"]] = content
    return files


def is_pdf(content: bytes) -> bool:
    return len(pypdf.PdfReader(io.BytesIO(content)).pages) >= 1


async def test_a_csv_becomes_a_model_that_predicts(
    live_stack: LiveStack, alice: str, bob: str, tenant: str, http: httpx.AsyncClient
) -> None:
    made = await upload(http, "Iris.csv", iris().to_csv(index=False).encode())
    assert (made["name"], made["rows"], len(made["columns"])) == ("iris", 150, 5)
    source = {"type": "dataset", "dataset_id": made["dataset_id"]}
    async with connect(live_stack, alice, tenant=tenant) as client:
        learned = await process(client, pipeline="classification", data_source=source, options={"target": "species"})
        summary = learned["result"]["summary"]
        assert summary["metrics"]["accuracy"] > 0.93 > summary["baseline"]["accuracy"]
        assert (summary["total_records"], len(learned["result"]["records"])) == (150, 100)
        files = await files_of(http, learned)
        names = [f"species-classification-{ending}" for ending in ("predictions.json", "model.skops", "report.pdf")]
        assert list(files) == names and is_pdf(files[names[2]])
        output = pd.read_json(io.BytesIO(files[names[0]]))
        again = await process(client, pipeline="classification", data_source=source, options={"target": "species"})
        assert (await files_of(http, again))[names[0]] == files[names[0]]

        model = learned["result"]["artifacts"]["model"]["artifact_id"]
        predicted = await process(client, "predict", model=model, data_source=source)
        table = pd.read_csv(io.BytesIO(next(iter((await files_of(http, predicted)).values()))))
        assert list(table["prediction"]) == list(output["prediction"])
    async with connect(live_stack, bob, tenant="another") as client:
        stranger = await client.whole_stream(
            await client.submit("process_data", {"pipeline": "clustering", "data_source": source}), seconds=SECONDS
        )
        assert stranger[-1]["error"]["code"] == "VALIDATION_ERROR" and "no dataset" in str(stranger[-1]["error"])


async def test_parquet_query_and_the_older_spelling(
    live_stack: LiveStack, alice: str, tenant: str, http: httpx.AsyncClient
) -> None:
    parquet = io.BytesIO()
    datasets.load_diabetes(as_frame=True).frame.to_parquet(parquet)
    await upload(http, "diabetes.parquet", parquet.getvalue())
    await upload(http, "iris.csv", iris().to_csv(index=False).encode())
    async with connect(live_stack, alice, tenant=tenant) as client:
        regression = await process(
            client,
            pipeline="regression",
            data_source={"type": "dataset", "dataset_id": "diabetes"},
            options={"target": "target"},
            output={"format": "csv"},
        )
        metrics = regression["result"]["summary"]["metrics"]
        assert metrics["cross_validation"]["r2"]["mean"] > 0.35
        files = await files_of(http, regression)
        assert len(pd.read_csv(io.BytesIO(files["target-regression-predictions.csv"]))) == 442
        assert is_pdf(files["target-regression-report.pdf"])

        sql = 'SELECT "petal length (cm)" AS length, "petal width (cm)" AS width FROM iris'
        clusters = await process(
            client, pipeline="clustering", data_source={"type": "query", "sql": sql}, output={"format": "parquet"}
        )
        assert clusters["result"]["summary"]["metrics"]["silhouette"] > 0.6
        assert len(pd.read_parquet(io.BytesIO((await files_of(http, clusters))["query-clusters.parquet"]))) == 150

        operations = [
            {"type": "filter", "column": "species", "operator": "ne", "value": "virginica"},
            {
                "type": "aggregate",
                "group_by": ["species"],
                "aggregations": [{"column": "petal length (cm)", "function": "avg", "as": "length"}],
            },
            {"type": "sort", "by": [{"column": "species"}]},
        ]
        older = await process(client, dataset_id="iris", operations=operations, output_format="csv")
        expected = iris().groupby("species")["petal length (cm)"].mean()
        rows = {row["species"]: row["length"] for row in older["result"]["records"]}
        assert rows == pytest.approx({name: expected[name] for name in ("setosa", "versicolor")})


async def test_a_stream_has_its_odd_ones_found(
    live_stack: LiveStack, alice: str, tenant: str, http: httpx.AsyncClient
) -> None:
    numbers = np.random.default_rng(0)
    odd = set(range(0, 500, 25))
    with redis.Redis.from_url(live_stack.redis_url) as server, server.pipeline() as pipeline:
        for number in range(500):
            a, b = numbers.normal(9 if number in odd else 0, 1, 2)
            pipeline.xadd(f"stream:{tenant}:sensor", {"a": float(a), "b": float(b), "known": int(number in odd)})
        pipeline.execute()
    async with connect(live_stack, alice, tenant=tenant) as client:
        found = await process(
            client,
            pipeline="anomaly",
            data_source={"type": "stream", "stream_id": "sensor", "max_messages": 500},
            options={"contamination": 0.04, "label": "known"},
        )
    summary = found["result"]["summary"]
    assert summary["total_records"] == 500 and summary["metrics"]["f1"] > 0.9
    assert {"sensor-anomalies.json", "sensor-anomalies-report.pdf"} <= (await files_of(http, found)).keys()


async def test_a_defect_of_an_upload_is_told_with_its_line(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/datasets/", files={"file": ("bad.csv", b"a,b\n1,2\n3,4,5\n")})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "line 3 has 3 fields, the header has 2"
    assert {one["kind"] for one in (await http.get("/api/datasets/")).json()["datasets"]} == {"source"}


async def test_a_report_over_an_upload_needs_the_permission_to_read_it(
    live_stack: LiveStack, alice: str, tenant: str, http: httpx.AsyncClient
) -> None:
    rows = "".join(f"2025-03-{day:02},{day}.5,{'tea' if day % 2 else 'milk'}\n" for day in range(1, 31))
    await upload(http, "Sales.csv", f"day,amount,kind\n{rows}".encode())
    dataset = {"dataset_id": "sales", "date": "day", "value": "amount", "category": "kind"}
    payload = {"start_date": "2025-03-01", "end_date": "2025-03-31", "format": "csv"}
    async with connect(live_stack, alice, tenant=tenant) as client:
        final = await process(client, "generate_report", **payload, dataset=dataset)
        assert final["result"]["stats"]["total_value"] == 480
        [content] = (await files_of(http, final)).values()
        assert len(content.splitlines()) == 31
        together = await process(client, "generate_report", **payload, sources=["sample", dataset])
        assert {entry["source"] for entry in together["result"]["stats"]["by_source"]} == {"sample", "sales"}
    async with connect(live_stack, alice, tenant=tenant, permissions=["reports.generate"]) as client:
        refused = await client.request("generate_report", {**payload, "dataset": dataset})
        assert (refused["type"], refused["error"]["code"]) == ("error", "FORBIDDEN")
        assert refused["error"]["details"] == {"permission": "datasets.read"}
