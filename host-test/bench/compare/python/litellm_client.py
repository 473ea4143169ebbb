"""LiteLLM's SDK: litellm.acompletion, with its provider for servers that are compatible with OpenAI's."""

import os

# The import reads this variable. Without it the import fetches a list of prices from the network.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import litellm

import meter

litellm.suppress_debug_info = True


def connect(base_url, key, model):
    async def exchange(sample):
        chunks = await litellm.acompletion(
            model=f"openai/{model}",
            api_base=base_url,
            api_key=key,
            messages=[{"role": "user", "content": "Count."}],
            stream=True,
            stream_options={"include_usage": True},
        )
        await meter.deliver(chunks, sample)

    return exchange


meter.main("LiteLLM SDK (Python)", connect)
