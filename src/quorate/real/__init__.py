"""The real world: asyncio, TCP, files."""
