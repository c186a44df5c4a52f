drop schema if exists by_hand cascade;
create schema by_hand;
create table by_hand.head (head bigint not null);
insert into by_hand.head values (0);
create table by_hand.events (
    position bigint primary key,
    revision bigint not null,
    time bigint not null,
    digest bigint not null,
    key uuid not null unique,
    stream text collate "C" not null,
    name text collate "C" not null,
    command text collate "C" not null,
    payload bytea not null,
    unique (stream, revision)
);
-- Appends what has the next revision of its stream; the place of the rest is null in the answer. Each
-- stream is there once at the most. The head is looked at after the lock, in a statement of its own.
create function by_hand.append(
    streams text[], revisions bigint[], keys uuid[], times bigint[], digests bigint[], names text[],
    commands text[], payloads bytea[]
) returns bigint[] language plpgsql as $$
declare
    base bigint;
    places bigint[];
begin
    select h.head into base from by_hand.head h for update;
    select array_agg(case when fits then base + place end order by n) into places from (
        select n, fits, sum(fits::int) over (order by n) as place from (
            select n, revision = coalesce(
                (select e.revision + 1 from by_hand.events e where e.stream = u.stream
                 order by e.revision desc limit 1), 0) as fits
            from unnest(streams, revisions) with ordinality u(stream, revision, n)
        ) u
    ) u;
    insert into by_hand.events
        (position, revision, time, digest, key, stream, name, command, payload)
    select placed, revision, time, digest, key, stream, name, command, payload
    from unnest(places, revisions, times, digests, keys, streams, names, commands, payloads)
        u(placed, revision, time, digest, key, stream, name, command, payload)
    where placed is not null;
    update by_hand.head set head = coalesce((select max(p) from unnest(places) p), base);
    return places;
end $$;
