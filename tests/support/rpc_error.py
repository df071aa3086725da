"""Reads google.rpc details out of a gRPC error, as any client would."""

from third_party.google.rpc import error_details_pb2, status_pb2

TRAILER = "grpc-status-details-bin"


def details_of(error):
    """Returns the details by their messages' names: {"ErrorInfo": ...}. An error has each at most once."""
    found = [value for key, value in error.trailing_metadata() if key == TRAILER]
    if not found:
        return {}
    status = status_pb2.Status.FromString(found[0])
    if (status.code, status.message) != (error.code().value[0], error.details()):
        raise AssertionError(f"the details say {status.code} {status.message!r}")
    details = {}
    for packed in status.details:
        name = packed.type_url.rsplit(".", 1)[1]
        detail = getattr(error_details_pb2, name)()
        if not packed.Unpack(detail) or name in details:
            raise AssertionError(f"{packed.type_url} is broken, or there twice")
        details[name] = detail
    return details
