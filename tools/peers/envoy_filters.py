"""The HTTP filters of Envoy that tests and benchmarks configure, as values of Envoy's JSON."""

import json

_TYPES = "type.googleapis.com/envoy.extensions.filters.http"


def cloudfront_prefixes(path):
    """Returns the prefixes of both families of the list that is built into the filter; `path` is its JSON."""
    with open(path, encoding="utf-8") as file:
        ranges = json.load(file)
    entries = [*ranges["prefixes"], *ranges["ipv6_prefixes"]]
    return [entry.get("ip_prefix") or entry["ipv6_prefix"] for entry in entries]


def router_filter():
    return {
        "name": "router",
        "typed_config": {"@type": f"{_TYPES}.router.v3.Router", "suppress_envoy_headers": True},
    }


def module_filter(path, settings):
    """Returns the filter that is our module, the shared object at `path`, with these settings."""
    return {
        "name": "vpc_origin",
        "typed_config": {
            "@type": f"{_TYPES}.dynamic_modules.v3.DynamicModuleFilter",
            "dynamic_module_config": {
                "module": {"local": {"filename": path}},
                "do_not_close": True,
                "metrics_namespace": "vpc_origin",
            },
            "filter_name": "vpc_origin",
            "filter_config": {"@type": "type.googleapis.com/google.protobuf.Struct", "value": settings},
        },
    }


def _authorize_filter(service):
    config = {"@type": f"{_TYPES}.ext_authz.v3.ExtAuthz", "transport_api_version": "V3", **service}
    return {"name": "vpc_origin", "typed_config": config}


def http_authorize_filter():
    """Returns the filter that asks the cluster `viaduct`, a sidecar, by HTTP."""
    peer = {"key": "x-viaduct-peer", "value": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%"}
    service = {
        "server_uri": {"uri": "http://viaduct", "cluster": "viaduct", "timeout": "2s"},
        "authorization_request": {"headers_to_add": [peer]},
        "authorization_response": {"allowed_upstream_headers": {"patterns": [{"exact": "x-viaduct-viewer-address"}]}},
    }
    everything = {"patterns": [{"safe_regex": {"regex": ".*"}}]}
    return _authorize_filter({"http_service": service, "allowed_headers": everything})


def grpc_authorize_filter():
    """Returns the filter that asks the cluster `viaduct`, a sidecar, by gRPC."""
    service = {"envoy_grpc": {"cluster_name": "viaduct"}, "timeout": "2s"}
    return _authorize_filter({"grpc_service": service, "encode_raw_headers": True})


def authorize_cluster(port, grpc):
    """Returns the cluster `viaduct`, a sidecar's port for one of the two."""
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    http2 = {"@type": f"type.googleapis.com/{options}", "explicit_http_config": {"http2_protocol_options": {}}}
    endpoint = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}
    return {
        "name": "viaduct",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {options: http2} if grpc else {},
        "load_assignment": {"cluster_name": "viaduct", "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}]},
    }


def rbac_filter(trusted_peers, edges, host, origin):
    """Returns Envoy's own RBAC filter with the module's checks, as far as it has them.

    The edge is what Envoy takes for the client with `xff_num_trusted_hops: 1`.
    """

    def header(name, match):
        return {"header": {"name": name, "string_match": match}}

    def ranges(kind, prefixes):
        pairs = [prefix.split("/") for prefix in prefixes]
        return {"or_ids": {"ids": [{kind: {"address_prefix": a, "prefix_len": int(length)}} for a, length in pairs]}}

    via = r"(.*, *)?[0-9.]+ [a-z0-9]+\.cloudfront\.net \(CloudFront\)"
    without_origin = {"not_id": {"header": {"name": "origin", "present_match": True}}}
    checks = [
        ranges("direct_remote_ip", trusted_peers),
        ranges("remote_ip", edges),
        header("via", {"safe_regex": {"regex": via}}),
        header("x-amz-cf-id", {"safe_regex": {"regex": r"[A-Za-z0-9_-]+={0,2}"}}),
        header(":authority", {"exact": host}),
        # A client that is no browser sends none.
        {"or_ids": {"ids": [without_origin, header("origin", {"exact": origin})]}},
    ]
    policy = {"permissions": [{"any": True}], "principals": [{"and_ids": {"ids": checks}}]}
    return {
        "name": "rbac",
        "typed_config": {
            "@type": f"{_TYPES}.rbac.v3.RBAC",
            "rules": {"action": "ALLOW", "policies": {"vpc_origin": policy}},
        },
    }
