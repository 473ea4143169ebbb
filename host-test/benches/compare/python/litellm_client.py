"""LiteLLM's SDK: litellm.acompletion, with its provider for servers that speak like OpenAI's."""

import os

# Read when it is imported: else it fetches a list of prices from the network first.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import litellm

import meter

litellm.suppress_debug_info = True


def connect(base_url, key, model):
    async def answer(sample):
        chunks = await litellm.acompletion(
            model=f"openai/{model}",
            api_base=base_url,
            api_key=key,
            messages=[{"role": "user", "content": "Count."}],
            stream=True,
            stream_options={"include_usage": True},
        )
        finished = False
        async for chunk in chunks:
            for choice in chunk.choices:
                delta = choice.delta
                finished = finished or choice.finish_reason is not None
                sample.text(getattr(delta, "reasoning_content", None))
                sample.text(delta.content)
                for call in delta.tool_calls or ():
                    sample.text(call.function.arguments)
        if not finished:
            raise RuntimeError("the stream ended without a reason")

    return answer


meter.main("LiteLLM SDK (Python)", connect)
