"""A proxy between a client and the service, which does to a connection what networks and proxies do."""

from tests.acceptance.clients.proxy.listening import Proxy
from tests.acceptance.clients.proxy.treatment import Treatment, always, first

__all__ = ["Proxy", "Treatment", "always", "first"]
