"""The declarations of datasets."""

from jobs.errors import ErrorCode
from realtime.http.schema.bodies import Dataset, DatasetPage, SourceDescription
from realtime.http.schema.declarations import Answer, Endpoint, Operation, Resource
from realtime.http.schema.endpoints.parameters import CURSOR, limit

_TEXT = {"type": "string", "maxLength": 255}
_UPLOAD = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": "string", "contentMediaType": "application/octet-stream", "description": "The file itself."},
        "name": {**_TEXT, "description": "The name of the dataset; made of the file's name without it."},
        "sheet": {**_TEXT, "description": "The sheet of a workbook; the first visible one without it."},
        "header": {
            "type": "string",
            "enum": ["true", "false"],
            "description": "`true`: the first row names the columns. Without it, this is detected.",
        },
        "expires_in_days": {**_TEXT, "description": "A number of days; 0 means never."},
    },
}

DATASETS = Resource(
    name="Datasets",
    description="The datasets of the tenant, and the sources that operators registered.",
    endpoints=(
        Endpoint(
            path="/api/datasets/",
            operations=(
                Operation(
                    method="get",
                    name="listDatasets",
                    summary="List datasets and sources",
                    permission="datasets.read",
                    parameters=(limit(default=50, most=200), CURSOR),
                    answers=(Answer(status=200, description="A page, the newest first.", body=DatasetPage),),
                ),
                Operation(
                    method="post",
                    name="uploadDataset",
                    summary="Upload a dataset",
                    permission="datasets.write",
                    body=_UPLOAD,
                    body_media_type="multipart/form-data",
                    answers=(Answer(status=201, description="The new dataset.", body=Dataset),),
                    errors=(
                        ErrorCode.QUOTA_EXCEEDED,
                        (415, ErrorCode.VALIDATION_ERROR),
                        ErrorCode.RATE_LIMITED,
                        ErrorCode.PROCESSING_FAILED,
                    ),
                ),
            ),
        ),
        Endpoint(
            path="/api/datasets/{id_or_name}/",
            parameters={"id_or_name": "The id or the name of a dataset, or the name of a source."},
            operations=(
                Operation(
                    method="get",
                    name="getDataset",
                    summary="Read columns and first rows",
                    permission="datasets.read",
                    answers=(
                        Answer(status=200, description="The dataset, or the source.", body=Dataset | SourceDescription),
                    ),
                    errors=(ErrorCode.NOT_FOUND, ErrorCode.PROCESSING_FAILED),
                ),
                Operation(
                    method="delete",
                    name="deleteDataset",
                    summary="Delete a dataset",
                    description="A source cannot be deleted: FORBIDDEN.",
                    permission="datasets.write",
                    answers=(Answer(status=204, description="It is deleted."),),
                    errors=(ErrorCode.NOT_FOUND,),
                ),
            ),
        ),
    ),
)
