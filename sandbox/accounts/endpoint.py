"""How an endpoint of the account side is written: it returns `data`, or raises `Refusal`."""

from collections.abc import Callable

import msgspec

from sandbox.calls import Answer, Call, envelope
from sandbox.codes import Code
from sandbox.gate import Handler
from sandbox.memory import Memory
from sandbox.refusals import Refusal

Data = dict[str, object]


class Reply(msgspec.Struct, frozen=True):
    """`data` with response headers."""

    data: Data
    headers: tuple[tuple[bytes, bytes], ...] = ()


Reader = Callable[[Call, Memory], Data | Reply]


def endpoint(reader: Reader) -> Handler:
    """The handler of a reader: TikTok's envelope around what it returns, or around why it refused, both HTTP 200."""

    def handle(call: Call, memory: Memory) -> Answer:
        try:
            told = reader(call, memory)
        except Refusal as refusal:
            memory.rejections.note(call, refusal, None, None)
            return Answer(envelope(refusal.code, call.request_id, str(refusal)), code=refusal.code)
        reply = told if isinstance(told, Reply) else Reply(told)
        return Answer(envelope(Code.OK, call.request_id, data=reply.data), code=Code.OK, headers=reply.headers)

    return handle
