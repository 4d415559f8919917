"""One trace for each request, over all processes that have to do with it. Off unless a collector is named.

traceparent  the W3C header, and the ids of attempts, which every process can compute
span         an open span, or nothing while tracing is off
tracer       opens spans; it turns tracing on
attempts     the spans of the attempt that this process runs
recorder     the OpenTelemetry SDK, loaded only when tracing is on
exporter     the way to the collector, which costs little while nobody answers there
"""
