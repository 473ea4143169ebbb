"""Starts LiteLLM's proxy on loopback, in front of one server that is compatible with OpenAI's."""

import argparse
import json
import os
import pathlib
import sys

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--upstream", required=True, help="base URL, such as http://127.0.0.1:8080/v1")
parser.add_argument("--port", required=True, type=int)
parser.add_argument("--config", required=True, type=pathlib.Path, help="where to write its configuration")
args = parser.parse_args()

# The proxy reads YAML, of which JSON is a part. Every model goes to the same server.
config = {
    "model_list": [
        {
            "model_name": "*",
            "litellm_params": {"model": "openai/*", "api_base": args.upstream, "api_key": "sk-measure"},
        }
    ],
    "general_settings": {"disable_spend_logs": True},
}
args.config.write_text(json.dumps(config))

# Without this the proxy fetches a list of prices from the network before it listens.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ.setdefault("LITELLM_LOG", "ERROR")
program = pathlib.Path(sys.executable).with_name("litellm")
argv = ["litellm", "--config", args.config, "--host", "127.0.0.1", "--port", str(args.port)]
# It replaces this process, so that killing this process stops the proxy.
os.execv(program, [*map(str, argv), "--telemetry", "False"])
