"""Compares our .proto files with those that ship in the package kurrentdb, field by field.

python wire.py FOLDER, where FOLDER has the package's .proto files.
"""

import pathlib
import sys
import tempfile

from google.protobuf import descriptor, descriptor_pb2, descriptor_pool
from grpc_tools import protoc

SERVICES = [
    "event_store.client.streams.Streams",
    "event_store.client.persistent_subscriptions.PersistentSubscriptions",
    "event_store.client.server_features.ServerFeatures",
    "event_store.client.gossip.Gossip",
]
OURS = ["streams", "persistent", "server_features", "gossip"]
THEIRS = ["streams", "persistent", "serverfeatures", "gossip"]
# What travels inside an Any.
DETAILS = [
    "WrongExpectedVersion",
    "StreamDeleted",
    "Timeout",
    "MaximumAppendSizeExceeded",
    "BadRequest",
]
# What only servers after 24.10 say, or no server: fields that we leave out.
LEFT_OUT = {
    "ReadResp.checkpoint.timestamp",
    "ReadResp.caught_up.timestamp",
    "ReadResp.caught_up.stream_revision",
    "ReadResp.caught_up.position",
    "ReadResp.fell_behind",
}
# Create and Update are one message of ours: the latter has no filter, and no strategy by name.
ADDED = {
    "UpdateReq.options.all": {4, 5},
    "UpdateReq.options.settings": {16},
}
# An enumeration is a number on the wire.
NUMBERS = {descriptor.FieldDescriptor.TYPE_INT32, descriptor.FieldDescriptor.TYPE_ENUM}


def compiled(folder, names):
    well_known = pathlib.Path(protoc.__file__).parent / "_proto"
    files = [str(folder / f"{name}.proto") for name in names]
    with tempfile.NamedTemporaryFile() as out:
        arguments = [f"-I{folder}", f"-I{well_known}", "--include_imports"]
        arguments.append(f"--descriptor_set_out={out.name}")
        assert protoc.main(["protoc", *arguments, *files]) == 0
        descriptors = descriptor_pb2.FileDescriptorSet.FromString(
            pathlib.Path(out.name).read_bytes()
        )
    pool = descriptor_pool.DescriptorPool()
    for file in descriptors.file:
        pool.Add(file)
    return pool


class Comparison:
    def __init__(self):
        self.differences = []
        self.fields = 0
        self.seen = set()

    def expect(self, is_so, where, what):
        if not is_so:
            self.differences.append(f"{where}: {what}")

    def message(self, our, their, where):
        if (our.full_name, their.full_name) in self.seen:
            return
        self.seen.add((our.full_name, their.full_name))
        for number, field in their.fields_by_number.items():
            path = f"{where}.{field.name}"
            if number in our.fields_by_number:
                self.field(our.fields_by_number[number], field, path)
            else:
                self.expect(path in LEFT_OUT, path, f"field {number} is missing")
        extra = set(our.fields_by_number) - set(their.fields_by_number)
        for number in extra - ADDED.get(where, set()):
            self.differences.append(f"{where}: there is no field {number}")

    def field(self, our, their, where):
        self.fields += 1
        is_same = our.type == their.type or {our.type, their.type} == NUMBERS
        self.expect(is_same, where, f"type {our.type} instead of {their.type}")
        self.expect(our.is_repeated == their.is_repeated, where, "repeated or not")
        self.expect(oneof(our) >= oneof(their) - left_out(their), where, f"{oneof(our)} {oneof(their)}")
        if our.message_type and their.message_type:
            self.message(our.message_type, their.message_type, where)
        if our.enum_type and their.enum_type:
            known = their.enum_type.values_by_number
            unknown = set(our.enum_type.values_by_number) - set(known)
            self.expect(not unknown, where, f"there are no values {unknown}")


def oneof(field):
    """The numbers of those of which only one can be set."""
    group = field.containing_oneof
    return {other.number for other in group.fields} if group else set()


def left_out(field):
    group = field.containing_oneof
    names = {path.rsplit(".", 1)[1] for path in LEFT_OUT}
    return {other.number for other in group.fields if other.name in names} if group else set()


def main():
    our_pool = compiled(pathlib.Path(__file__).parent.parent / "proto", OURS)
    their_pool = compiled(pathlib.Path(sys.argv[1]), THEIRS)
    comparison = Comparison()
    for name in SERVICES:
        our, their = our_pool.FindServiceByName(name), their_pool.FindServiceByName(name)
        comparison.expect(
            set(our.methods_by_name) == set(their.methods_by_name), name, "other methods"
        )
        for method, mine in our.methods_by_name.items():
            other = their.methods_by_name[method]
            for streaming in ("client_streaming", "server_streaming"):
                comparison.expect(
                    getattr(mine, streaming) == getattr(other, streaming), method, streaming
                )
            comparison.message(mine.input_type, other.input_type, other.input_type.name)
            comparison.message(mine.output_type, other.output_type, other.output_type.name)
    for name in DETAILS:
        name = f"event_store.client.{name}"
        comparison.message(
            our_pool.FindMessageTypeByName(name), their_pool.FindMessageTypeByName(name), name
        )
    for difference in comparison.differences:
        print(difference, file=sys.stderr)
    print(f"compared {comparison.fields} fields")
    sys.exit(1 if comparison.differences else 0)


main()
