// A round trip with the Node client, written from its public documentation.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";

import {
  ANY,
  BACKWARDS,
  END,
  KurrentDBClient,
  NO_STREAM,
  PARK,
  PersistentSubscriptionDoesNotExistError,
  PersistentSubscriptionExistsError,
  RETRY,
  START,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
  binaryEvent,
  eventTypeFilter,
  excludeSystemEvents,
  jsonEvent,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  streamNameFilter,
} from "@kurrent/kurrentdb-client";

const PATIENCE = 30_000;

const fresh = (name) => `${name}-${randomUUID()}`;
const event = (type, data = {}) => jsonEvent({ type, data });
const typesOf = (events) => events.map(({ event }) => event.type);

async function all(read) {
  const events = [];
  for await (const resolved of read) events.push(resolved);
  return events;
}

/** What the promise comes to, unless it takes too long. */
async function soon(promise, what) {
  const stop = new AbortController();
  const late = after(PATIENCE, null, { signal: stop.signal }).then(() => {
    throw new Error(`waited too long for ${what}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
    late.catch(() => {});
  }
}

/** Takes the events of a subscription, as many as are asked for at a time. */
class Taker {
  constructor(subscription) {
    this.events = subscription[Symbol.asyncIterator]();
  }

  async take(count) {
    const taken = [];
    while (taken.length < count) {
      const { value, done } = await soon(this.events.next(), "an event");
      assert(!done, "the subscription ended");
      taken.push(value);
    }
    return taken;
  }
}

async function appendAndRead(client) {
  const stream = fresh("append");
  const first = [
    jsonEvent({ type: "A", data: { n: 1 }, metadata: { who: "node" } }),
    event("B"),
    binaryEvent({ type: "C", data: Buffer.from([0, 1]) }),
  ];
  const written = await client.appendToStream(stream, first, { streamState: NO_STREAM });
  assert.equal(written.success, true);
  assert.equal(written.nextExpectedRevision, 2n);
  await client.appendToStream(stream, event("D"), { streamState: 2n });

  const read = await all(client.readStream(stream));
  assert.deepEqual(typesOf(read), ["A", "B", "C", "D"]);
  assert.deepEqual(read.map(({ event }) => event.revision), [0n, 1n, 2n, 3n]);
  assert.equal(read[0].event.id, first[0].id);
  assert.deepEqual(read[0].event.data, { n: 1 });
  assert.deepEqual(read[0].event.metadata, { who: "node" });
  assert.equal(read[2].event.isJson, false);
  assert.deepEqual([...read[2].event.data], [0, 1]);
  assert.equal(read[2].event.position.commit, written.position.commit);
  const last = client.readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 2 });
  assert.deepEqual(typesOf(await all(last)), ["D", "C"]);

  // The same ids again are the same write.
  const again = await client.appendToStream(stream, first, { streamState: NO_STREAM });
  assert.equal(again.nextExpectedRevision, 2n);
  assert.equal((await all(client.readStream(stream))).length, 4);
  for (const streamState of [NO_STREAM, 1n, 7n]) {
    await assert.rejects(
      client.appendToStream(stream, event("X"), { streamState }),
      WrongExpectedVersionError
    );
  }
  await assert.rejects(all(client.readStream(fresh("missing"))), StreamNotFoundError);
}

async function readAllWithFilters(client) {
  const prefix = fresh("filter");
  for (let index = 0; index < 40; index += 1) {
    await client.appendToStream(`${prefix}-${index % 2}`, event(`T${index % 4}`));
  }
  const ofStreams = streamNameFilter({ prefixes: [prefix] });
  const found = await all(client.readAll({ filter: ofStreams }));
  assert.equal(found.length, 40);
  const backwards = await all(
    client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 3 })
  );
  assert.deepEqual(typesOf(backwards), ["T3", "T2", "T1"]);
  const half = { commit: found[20].event.position.commit, prepare: found[20].event.position.prepare };
  const rest = await all(client.readAll({ fromPosition: half, filter: ofStreams }));
  assert.equal(rest.length, 20);
  const ofOne = streamNameFilter({ regex: `^${prefix}-1$` });
  assert.equal((await all(client.readAll({ filter: ofOne }))).length, 20);
  const users = await all(client.readAll({ filter: excludeSystemEvents() }));
  assert(!typesOf(users).some((type) => type.startsWith("$")));
}

async function subscribe(client) {
  const stream = fresh("subscribe");
  await client.appendToStream(stream, [event("A"), event("B")]);
  const subscription = client.subscribeToStream(stream, { fromRevision: START });
  const caughtUp = new Promise((resolve) => subscription.once("caughtUp", resolve));
  const taker = new Taker(subscription);
  assert.deepEqual(typesOf(await taker.take(2)), ["A", "B"]);
  await soon(caughtUp, "being caught up");
  await client.appendToStream(stream, event("C"));
  assert.deepEqual(typesOf(await taker.take(1)), ["C"]);
  await subscription.unsubscribe();

  const after = client.subscribeToStream(stream, { fromRevision: 1n });
  assert.deepEqual(typesOf(await new Taker(after).take(1)), ["C"]);
  await after.unsubscribe();

  let checkpoint;
  const reached = new Promise((resolve) => {
    checkpoint = (_, position) => resolve(position);
  });
  const filtered = client.subscribeToAll({
    fromPosition: START,
    filter: eventTypeFilter({
      prefixes: [stream],
      maxSearchWindow: 10,
      checkpointInterval: 1,
      checkpointReached: checkpoint,
    }),
  });
  const filteredTaker = new Taker(filtered);
  const wanted = filteredTaker.take(1);
  const { commit } = await soon(reached, "a checkpoint");
  assert(commit > 0n);
  await client.appendToStream(stream, event(`${stream}-D`));
  assert.deepEqual(typesOf(await wanted), [`${stream}-D`]);
  await filtered.unsubscribe();
}

async function deleteAndTombstone(client) {
  const stream = fresh("delete");
  await client.appendToStream(stream, [event("A"), event("B")]);
  await assert.rejects(
    client.deleteStream(stream, { expectedRevision: 0n }),
    WrongExpectedVersionError
  );
  await client.deleteStream(stream, { expectedRevision: 1n });
  await assert.rejects(all(client.readStream(stream)), StreamNotFoundError);
  await client.appendToStream(stream, event("C"), { streamState: NO_STREAM });
  const [back, ...others] = await all(client.readStream(stream));
  assert.deepEqual([back.event.type, back.event.revision, others.length], ["C", 2n, 0]);

  await client.tombstoneStream(stream, { expectedRevision: ANY });
  await assert.rejects(all(client.readStream(stream)), StreamDeletedError);
  await assert.rejects(client.appendToStream(stream, event("X")), StreamDeletedError);
}

async function metadata(client) {
  const stream = fresh("metadata");
  await client.appendToStream(stream, ["0", "1", "2", "3", "4"].map((type) => event(type)));
  await client.setStreamMetadata(stream, { maxCount: 2, owner: "node" });
  const { metadata } = await client.getStreamMetadata(stream);
  assert.equal(metadata.maxCount, 2);
  assert.equal(metadata.owner, "node");
  assert.deepEqual(typesOf(await all(client.readStream(stream))), ["3", "4"]);
  await client.setStreamMetadata(stream, { truncateBefore: 4 });
  assert.deepEqual(typesOf(await all(client.readStream(stream))), ["4"]);
}

async function persistentSubscriptionToStream(client) {
  const stream = fresh("persistent");
  const settings = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START });
  await client.createPersistentSubscriptionToStream(stream, "group", settings);
  await assert.rejects(
    client.createPersistentSubscriptionToStream(stream, "group", settings),
    PersistentSubscriptionExistsError
  );
  await client.appendToStream(stream, [event("A"), event("B"), event("C")]);
  const subscription = client.subscribeToPersistentSubscriptionToStream(stream, "group");
  const taker = new Taker(subscription);
  const [first, second, third] = await taker.take(3);
  assert.deepEqual([first.event.type, first.retryCount], ["A", 0]);
  await subscription.ack(first);
  await subscription.nack(RETRY, "again", second);
  const [again] = await taker.take(1);
  assert.deepEqual([again.event.id, again.retryCount], [second.event.id, 1]);
  await subscription.ack(again);
  await subscription.nack(PARK, "aside", third);
  let info;
  do {
    info = await client.getPersistentSubscriptionToStreamInfo(stream, "group");
  } while (info.stats.parkedMessageCount === 0n || info.stats.parkedMessageCount === 0);
  assert.equal(info.groupName, "group");
  assert.equal(info.connections.length, 1);
  await client.replayParkedMessagesToStream(stream, "group");
  const [replayed] = await taker.take(1);
  assert.deepEqual([replayed.event.type, replayed.retryCount], ["C", 0]);
  await subscription.ack(replayed);
  await subscription.unsubscribe();

  const listed = await client.listPersistentSubscriptionsToStream(stream);
  assert.deepEqual(listed.map(({ groupName }) => groupName), ["group"]);
  const changed = { ...settings, maxRetryCount: 3 };
  await client.updatePersistentSubscriptionToStream(stream, "group", changed);
  await client.deletePersistentSubscriptionToStream(stream, "group");
  await assert.rejects(
    client.getPersistentSubscriptionToStreamInfo(stream, "group"),
    PersistentSubscriptionDoesNotExistError
  );
}

async function persistentSubscriptionToAll(client) {
  const [stream, group] = [fresh("persistent-all"), fresh("group")];
  const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: END });
  const filter = streamNameFilter({ prefixes: [stream] });
  await client.createPersistentSubscriptionToAll(group, settings, { filter });
  await client.appendToStream(fresh("other"), event("O"));
  await client.appendToStream(stream, [event("A"), event("B")]);
  const subscription = client.subscribeToPersistentSubscriptionToAll(group);
  const taken = await new Taker(subscription).take(2);
  assert.deepEqual(typesOf(taken), ["A", "B"]);
  await subscription.ack(...taken);
  await subscription.unsubscribe();
  const listed = await client.listAllPersistentSubscriptions();
  assert(listed.some(({ groupName }) => groupName === group));
  await client.deletePersistentSubscriptionToAll(group);
  await client.restartPersistentSubscriptionSubsystem();
}

const client = KurrentDBClient.connectionString(process.env.EVENTSTOREDB_URL);
const steps = [
  appendAndRead,
  readAllWithFilters,
  subscribe,
  deleteAndTombstone,
  metadata,
  persistentSubscriptionToStream,
  persistentSubscriptionToAll,
];
for (const step of steps) {
  await step(client);
  console.log("passed", step.name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`));
}
await client.dispose();
