"""A broker reached over the network, by the protocol of the practice broker."""

from __future__ import annotations

from gateways.broker.answers import Translator
from gateways.broker.requests import AnyCommand, Reply, Request, request_of

__all__ = ["AnyCommand", "Reply", "Request", "Translator", "request_of"]
