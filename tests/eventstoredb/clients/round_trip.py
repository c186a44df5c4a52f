"""A round trip with the Python client, written from its public documentation."""

import os
import uuid

from kurrentdbclient import KurrentDBClient, NewEvent, StreamState
from kurrentdbclient.exceptions import (
    AlreadyExistsError,
    FailedPreconditionError,
    NotFoundError,
    StreamIsDeletedError,
    WrongCurrentVersionError,
)

PATIENCE = 30.0


def fresh(name):
    return f"{name}-{uuid.uuid4()}"


def event(event_type, data=b"{}", **more):
    return NewEvent(type=event_type, data=data, **more)


def raises(error, call):
    try:
        call()
    except error:
        return
    raise AssertionError(f"expected {error.__name__}")


def types(events):
    return [one.type for one in events]


def until(subscription, count):
    """The next events, as many as asked for."""
    taken = []
    for one in subscription:
        taken.append(one)
        if len(taken) == count:
            return taken
    raise AssertionError(f"ended after {len(taken)} of {count} events")


def append_and_read(client):
    stream = fresh("append")
    first = [event("A", b'{"n":1}', metadata=b'{"who":"py"}'), event("B"), event("C", b"\x00\x01", content_type="application/octet-stream")]
    position = client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=first)
    client.append_to_stream(stream, current_version=2, events=event("D"))
    read = client.get_stream(stream)
    assert types(read) == ["A", "B", "C", "D"]
    assert [one.stream_position for one in read] == [0, 1, 2, 3]
    assert [one.id for one in read[:3]] == [one.id for one in first]
    assert read[0].data == b'{"n":1}' and read[0].metadata == b'{"who":"py"}'
    assert read[2].data == b"\x00\x01" and read[2].content_type == "application/octet-stream"
    assert read[2].commit_position == position
    assert types(client.get_stream(stream, backwards=True, limit=2)) == ["D", "C"]
    assert types(client.get_stream(stream, stream_position=1, limit=2)) == ["B", "C"]
    # The same ids again are the same write.
    again = client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=first)
    assert again == position
    for wrong in (StreamState.NO_STREAM, 1, 7):
        for events in ([event("X")], event("X")):
            raises(
                WrongCurrentVersionError,
                lambda: client.append_to_stream(stream, current_version=wrong, events=events),
            )
    raises(NotFoundError, lambda: client.get_stream(fresh("missing")))


def read_all_with_filters(client):
    prefix = fresh("filter")
    start = client.get_commit_position()
    for index in range(40):
        client.append_to_stream(
            f"{prefix}-{index % 2}", current_version=StreamState.ANY, events=event(f"T{index % 4}")
        )
    everything = list(client.read_all(commit_position=start, filter_by_stream_name=True, filter_include=[prefix + ".*"]))
    assert len(everything) == 40
    backwards = list(client.read_all(backwards=True, limit=3))
    assert types(backwards) == ["T3", "T2", "T1"]
    by_type = list(client.read_all(commit_position=start, filter_include=["T3"]))
    assert len(by_type) == 10
    by_prefix = list(
        client.read_all(
            commit_position=start,
            filter_include=[f"{prefix}-1"],
            filter_by_stream_name=True,
            filter_by_prefix=True,
        )
    )
    assert len(by_prefix) == 20
    # Without being asked, the client leaves out system events, by an expression that looks ahead.
    assert not any(one.type.startswith("$") for one in client.read_all())


def subscribe(client):
    stream = fresh("subscribe")
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=[event("A"), event("B")])
    with client.subscribe_to_stream(stream, include_caught_up=True, timeout=PATIENCE) as subscription:
        old = until(subscription, 3)
        assert types(old[:2]) == ["A", "B"]
        client.append_to_stream(stream, current_version=1, events=[event("C")])
        assert until(subscription, 1)[0].stream_position == 2
    with client.subscribe_to_stream(stream, stream_position=1, timeout=PATIENCE) as subscription:
        assert until(subscription, 1)[0].type == "C"

    start = client.get_commit_position()
    with client.subscribe_to_all(
        commit_position=start,
        filter_include=[stream],
        filter_by_stream_name=True,
        include_checkpoints=True,
        window_size=10,
        checkpoint_interval_multiplier=1,
        timeout=PATIENCE,
    ) as subscription:
        noise = fresh("noise")
        for _ in range(15):
            client.append_to_stream(noise, current_version=StreamState.ANY, events=event("N"))
        checkpoint = until(subscription, 1)[0]
        assert checkpoint.commit_position > start
        client.append_to_stream(stream, current_version=2, events=event("D"))
        for one in subscription:
            if one.type == "D":
                break


def delete_and_tombstone(client):
    stream = fresh("delete")
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=[event("A"), event("B")])
    raises(WrongCurrentVersionError, lambda: client.delete_stream(stream, current_version=0))
    client.delete_stream(stream, current_version=1)
    raises(NotFoundError, lambda: client.get_stream(stream))
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=event("C"))
    assert [(one.type, one.stream_position) for one in client.get_stream(stream)] == [("C", 2)]
    client.tombstone_stream(stream, current_version=StreamState.ANY)
    raises(StreamIsDeletedError, lambda: client.get_stream(stream))
    # A batch says that the stream is deleted; for one event the client keeps to the status.
    for events, error in (([event("X")], StreamIsDeletedError), (event("X"), FailedPreconditionError)):
        raises(
            error,
            lambda: client.append_to_stream(stream, current_version=StreamState.ANY, events=events),
        )


def metadata(client):
    stream = fresh("metadata")
    assert client.get_stream_metadata(stream) == ({}, StreamState.NO_STREAM)
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=[event(str(n)) for n in range(5)])
    client.set_stream_metadata(stream, metadata={"$maxCount": 2, "owner": "py"}, current_version=StreamState.NO_STREAM)
    assert client.get_stream_metadata(stream) == ({"$maxCount": 2, "owner": "py"}, 0)
    assert types(client.get_stream(stream)) == ["3", "4"]
    client.set_stream_metadata(stream, metadata={"$tb": 4}, current_version=0)
    assert types(client.get_stream(stream)) == ["4"]
    raises(
        WrongCurrentVersionError,
        lambda: client.set_stream_metadata(stream, metadata={}, current_version=0),
    )


def persistent_subscription_to_stream(client):
    stream, group = fresh("persistent"), "group"
    client.create_subscription_to_stream(group, stream, from_end=False, consumer_strategy="RoundRobin")
    raises(AlreadyExistsError, lambda: client.create_subscription_to_stream(group, stream))
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=[event(name) for name in "ABC"])
    with client.read_subscription_to_stream(group, stream, timeout=PATIENCE) as subscription:
        first, second, third = until(subscription, 3)
        assert (first.type, first.retry_count) == ("A", 0)
        subscription.ack(first)
        subscription.nack(second, action="retry")
        again = until(subscription, 1)[0]
        assert (again.id, again.retry_count) == (second.id, 1)
        subscription.ack(again)
        subscription.nack(third, action="park")
        while client.get_subscription_info(group, stream).parked_message_count == 0:
            pass
        info = client.get_subscription_info(group, stream)
        assert info.group_name == group and info.event_source == stream
        assert len(info.connections) == 1
        client.replay_parked_events(group, stream)
        replayed = until(subscription, 1)[0]
        assert (replayed.type, replayed.retry_count) == ("C", 0)
        subscription.ack(replayed)
    assert [one.group_name for one in client.list_subscriptions_to_stream(stream)] == [group]
    client.update_subscription_to_stream(group, stream, max_retry_count=3)
    assert client.get_subscription_info(group, stream).max_retry_count == 3
    client.delete_subscription(group, stream)
    raises(NotFoundError, lambda: client.get_subscription_info(group, stream))
    raises(NotFoundError, lambda: list(client.read_subscription_to_stream(group, stream)))


def persistent_subscription_to_all(client):
    stream, group = fresh("persistent-all"), fresh("group")
    client.create_subscription_to_all(
        group, from_end=True, filter_include=[stream], filter_by_stream_name=True
    )
    client.append_to_stream(fresh("other"), current_version=StreamState.ANY, events=event("O"))
    client.append_to_stream(stream, current_version=StreamState.ANY, events=[event("A"), event("B")])
    with client.read_subscription_to_all(group, timeout=PATIENCE) as subscription:
        taken = until(subscription, 2)
        assert types(taken) == ["A", "B"]
        for one in taken:
            subscription.ack(one)
    assert group in [one.group_name for one in client.list_subscriptions()]
    client.delete_subscription(group)


def main():
    client = KurrentDBClient(os.environ["EVENTSTOREDB_URL"])
    for step in (
        append_and_read,
        read_all_with_filters,
        subscribe,
        delete_and_tombstone,
        metadata,
        persistent_subscription_to_stream,
        persistent_subscription_to_all,
    ):
        step(client)
        print("passed", step.__name__.replace("_", " "))
    client.close()


main()
