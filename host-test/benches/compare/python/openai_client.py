"""openai for Python: AsyncOpenAI, one client for all, whose pool keeps the connections."""

import openai

import meter


def connect(base_url, key, model):
    client = openai.AsyncOpenAI(base_url=base_url, api_key=key)

    async def answer(sample):
        chunks = await client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": "Count."}],
            stream=True,
            stream_options={"include_usage": True},
        )
        finished = False
        async for chunk in chunks:
            for choice in chunk.choices:
                delta = choice.delta
                finished = finished or choice.finish_reason is not None
                # Not among its types, but what a server sends besides them is kept.
                sample.text(getattr(delta, "reasoning_content", None))
                sample.text(delta.content)
                for call in delta.tool_calls or ():
                    sample.text(call.function and call.function.arguments)
        if not finished:
            raise RuntimeError("the stream ended without a reason")

    return answer


meter.main("openai (Python)", connect)
