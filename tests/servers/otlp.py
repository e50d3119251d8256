"""An OpenTelemetry collector's HTTP endpoint, by the definitions of OpenTelemetry's own Python package.

Prints its port, then each request as a line of JSON. The first REFUSED requests with metrics get 503. Usage: otlp.py REFUSED
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

ENDPOINTS = {
    "/v1/metrics": (ExportMetricsServiceRequest, ExportMetricsServiceResponse),
    "/v1/traces": (ExportTraceServiceRequest, ExportTraceServiceResponse),
}

refusals = int(sys.argv[1])


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        global refusals
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request, response = ENDPOINTS[self.path]
        refused = refusals > 0 and self.path == "/v1/metrics"
        refusals -= refused
        self.send_response(503 if refused else 200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.end_headers()
        if refused:
            return
        self.wfile.write(response().SerializeToString())
        message = MessageToDict(request.FromString(body))
        headers = {name.lower(): value for name, value in self.headers.items()}
        print(json.dumps({"path": self.path, "headers": headers, "message": message}), flush=True)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Collector)
print(server.server_port, flush=True)
server.serve_forever()
