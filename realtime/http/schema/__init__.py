"""The interfaces of this installation, described for programs: OpenAPI for HTTP, AsyncAPI for the socket."""
