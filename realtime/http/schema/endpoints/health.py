"""The declarations of the probes."""

from jobs.errors import ErrorCode
from realtime.http.schema.bodies import HealthDetails, Liveness, Readiness
from realtime.http.schema.declarations import Answer, Endpoint, Operation, Resource

HEALTH = Resource(
    name="Health",
    description="Probes for the programs that start and watch the web process.",
    endpoints=(
        Endpoint(
            path="/healthz",
            operations=(
                Operation(
                    method="get",
                    name="probeLiveness",
                    summary="Ask if the process answers",
                    security="none",
                    answers=(Answer(status=200, description="It answers.", body=Liveness),),
                ),
            ),
        ),
        Endpoint(
            path="/healthz/details",
            operations=(
                Operation(
                    method="get",
                    name="getHealthDetails",
                    summary="Read how each part is, and why",
                    security="operator",
                    answers=(
                        Answer(status=200, description="Requests can be accepted.", body=HealthDetails),
                        Answer(status=503, description="They cannot.", body=HealthDetails),
                    ),
                    errors=(ErrorCode.UNAUTHORIZED,),
                ),
            ),
        ),
        Endpoint(
            path="/readyz",
            operations=(
                Operation(
                    method="get",
                    name="probeReadiness",
                    summary="Ask if requests can be accepted",
                    security="none",
                    answers=(
                        Answer(status=200, description="They can.", body=Readiness),
                        Answer(status=503, description="They cannot.", body=Readiness),
                    ),
                ),
            ),
        ),
    ),
)
