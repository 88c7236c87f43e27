"""Answers in the gateway's form as typed values."""

from __future__ import annotations

import msgspec

from quorate.client.results import DeleteResult, KeyValue, NodeView, PutResult, RangeResult, TxnResult

HEADER = '"header": {"cluster_id": "18446744073709551615", "member_id": "1", "revision": "7", "raft_term": "2"}'


def decode(text: str, kind: type[msgspec.Struct]) -> msgspec.Struct:
    return msgspec.json.decode(text, type=kind, strict=False)


def test_bytes_and_numbers_come_out_of_their_strings() -> None:
    pair = '{"key": "aw==", "value": "dg==", "create_revision": "2", "mod_revision": "3", "version": "4"}'
    result = decode(f'{{{HEADER}, "kvs": [{pair}], "count": "1", "more": true}}', RangeResult)
    assert isinstance(result, RangeResult)
    assert result.kvs == [KeyValue(b"k", b"v", 2, 3, 4)]
    assert (result.count, result.more, result.header.revision, result.header.cluster_id) == (1, True, 7, 2**64 - 1)


def test_what_etcd_leaves_out_has_its_default() -> None:
    assert decode(f"{{{HEADER}}}", RangeResult).kvs == []
    assert decode(f"{{{HEADER}}}", DeleteResult).deleted == 0
    assert decode(f"{{{HEADER}}}", PutResult).prev_kv is None
    transaction = decode(f'{{{HEADER}, "responses": [{{"response_put": {{}}}}]}}', TxnResult)
    assert (transaction.succeeded, transaction.responses[0].response_range.kvs) == (False, [])


def test_a_status_of_a_later_version_is_still_read() -> None:
    text = (
        '{"cluster": "c", "id": 1, "pid": 2, "algorithm": "a", "role": "r", "term": 3, "leader": null, "commit": 4, '
        '"applied": 5, "last_index": 6, "version": "9", "peers": {"2": {"match": 1, "new": 0}}, "something_new": []}'
    )
    view = decode(text, NodeView)
    assert isinstance(view, NodeView)
    assert view.leader is None
    assert view.peers[2].match == 1
