"""openai for Python: AsyncOpenAI. All requests use one client, whose pool keeps the connections."""

import openai

import meter


def connect(base_url, key, model):
    client = openai.AsyncOpenAI(base_url=base_url, api_key=key)

    async def exchange(sample):
        chunks = await client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": "Count."}],
            stream=True,
            stream_options={"include_usage": True},
        )
        await meter.deliver(chunks, sample)

    return exchange


meter.main("openai (Python)", connect)
