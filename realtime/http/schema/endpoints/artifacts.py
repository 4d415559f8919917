"""The declarations of files."""

from jobs.errors import ErrorCode
from realtime.http.schema.bodies import Days, ExtendedFile
from realtime.http.schema.declarations import Answer, Endpoint, Operation, Parameter, Resource

_ARTIFACT_ID = {"artifact_id": "The id of the file."}
_FILE = {"type": "string", "contentMediaType": "application/octet-stream"}
_HEADERS = {
    "Content-Disposition": "The name of the file.",
    "ETag": "The SHA-256 of the file, for `If-Range`.",
    "Accept-Ranges": "`bytes`",
}
_PARAMETERS = (
    Parameter(
        name="expires", description="The end of a signed URL.", schema={"type": "string", "pattern": "^[0-9]{1,12}$"}
    ),
    Parameter(name="signature", description="The signature of a signed URL.", schema={"type": "string"}),
    Parameter(
        name="inline",
        description=(
            "`1`: the browser may show it, if its type is safe. "
            "Only with the owner's token, or in a frame on a page of this site."
        ),
        schema={"type": "string", "enum": ["1"]},
    ),
    Parameter(
        name="Range",
        where="header",
        description="A single range of bytes.",
        schema={"type": "string", "examples": ["bytes=0-99"]},
    ),
    Parameter(
        name="If-Range", where="header", description="The `ETag`, for which the range holds.", schema={"type": "string"}
    ),
)

ARTIFACTS = Resource(
    name="Files",
    description="The files that requests made.",
    endpoints=(
        Endpoint(
            path="/api/artifacts/{artifact_id}/",
            parameters=_ARTIFACT_ID,
            operations=(
                Operation(
                    method="get",
                    name="downloadFile",
                    summary="Download a file",
                    description="With the signed URL that came with the result, or with the owner's token.",
                    security="signature",
                    parameters=_PARAMETERS,
                    answers=(
                        Answer(status=200, description="The file.", body=_FILE, media_type="*/*", headers=_HEADERS),
                        Answer(
                            status=206,
                            description="The range of the file.",
                            body=_FILE,
                            media_type="*/*",
                            headers={**_HEADERS, "Content-Range": "The range, and the size of the file."},
                        ),
                        Answer(
                            status=416,
                            description="The range lies outside the file.",
                            headers={"Content-Range": "The size of the file."},
                        ),
                    ),
                    errors=(ErrorCode.NOT_FOUND, ErrorCode.SERVICE_UNAVAILABLE),
                ),
            ),
        ),
        Endpoint(
            path="/api/artifacts/{artifact_id}/extend/",
            parameters=_ARTIFACT_ID,
            operations=(
                Operation(
                    method="post",
                    name="extendFile",
                    summary="Keep a file for longer",
                    description="It never shortens the life of a file, and keeps none beyond `latest_expires_at`.",
                    body=Days,
                    body_example={"days": 14},
                    answers=(Answer(status=200, description="The file with its new end.", body=ExtendedFile),),
                    errors=(ErrorCode.NOT_FOUND,),
                ),
            ),
        ),
    ),
)
