"""Reads what tests cannot: YAML, given back as JSON, Vector's programs, which run in Vector's own engine, and Logstash's
configurations, by a grammar of theirs.

read.py yaml FILE                  the file as JSON
read.py vrl FILE < LINES           for each line what the transform "fields" of a Vector configuration makes of it
read.py logstash FILE              the plugins of the file as JSON, section by section
"""

import json
import sys

import yaml


def run_vrl(configuration, lines):
    from vrl_python import VRLRuntime

    program = configuration["transforms"]["fields"]["source"]
    diagnostic = VRLRuntime.check_syntax(program)
    if diagnostic is not None:
        sys.exit(diagnostic.formatted_message)
    runtime = VRLRuntime()
    for line in lines:
        event = runtime.execute(program, {"message": line.rstrip("\n")}).processed_event
        print(json.dumps(event, default=str))


def main():
    kind, file = sys.argv[1:]
    if kind == "logstash":
        from logstash_pipeline_parser import Pipeline

        json.dump(Pipeline.from_file(file).parse(), sys.stdout, default=str)
        return
    with open(file, encoding="utf-8") as text:
        value = yaml.safe_load(text)
    if kind == "yaml":
        json.dump(value, sys.stdout, default=str)
    else:
        run_vrl(value, sys.stdin)


main()
