-- Everything lives in one schema; positions of a log are dense, 1, 2, 3 …

create table {schema}.logs (
    log int generated always as identity primary key,
    name text collate "C" not null unique,
    id uuid not null unique,
    -- The position of the newest event. Whoever appends holds this row's lock until the commit.
    head bigint not null default 0
) with (fillfactor = 20);

create table {schema}.events (
    position bigint not null,
    revision bigint not null,
    stamp bigint not null,
    -- Microseconds since 1970.
    time bigint not null,
    digest bigint,
    log int not null,
    -- The event's place in its commit, from 0, and how many events that has.
    index int not null,
    size int not null,
    version int not null,
    key uuid not null,
    correlation uuid,
    causation uuid,
    stream text collate "C" not null,
    name text collate "C" not null,
    -- One a line, sorted.
    tags text collate "C",
    -- UTF-8, but with whatever characters the caller likes.
    actor bytea,
    command bytea,
    -- A JSON object.
    headers text,
    payload bytea not null,
    primary key (log, position),
    unique (log, stream, revision)
);

create unique index events_key on {schema}.events (log, key) where index = 0;

create table {schema}.event_tags (
    position bigint not null,
    log int not null,
    tag text collate "C" not null,
    primary key (log, tag, position)
);

create table {schema}.snapshots (
    log int not null,
    stream text collate "C" not null,
    shape bigint not null,
    revision bigint not null,
    mark_log uuid not null,
    position bigint not null,
    stamp bigint not null,
    event uuid,
    state bytea not null,
    primary key (log, stream, shape)
);

-- The first revision of a stream whose event stands after a position: revisions and positions grow
-- together, so a binary search finds it.
create function {schema}.first_after(in_log int, in_stream text, in_after bigint) returns bigint
language plpgsql stable as $$
declare
    low bigint := 0;
    high bigint;
    middle bigint;
    newest bigint;
begin
    select e.revision, e.position into high, newest from {schema}.events e
        where e.log = in_log and e.stream = in_stream order by e.revision desc limit 1;
    if high is null then
        return 0;
    end if;
    if newest <= in_after then
        return high + 1;
    end if;
    -- The event of `high` stands after the position.
    while low < high loop
        middle := (low + high) / 2;
        if (select e.position > in_after from {schema}.events e
                where e.log = in_log and e.stream = in_stream and e.revision = middle) then
            high := middle;
        else
            low := middle + 1;
        end if;
    end loop;
    return high;
end $$;

-- Which of these tags to search by: the one whose events stand furthest apart after a position, as told by
-- where the 200th of them stands. A tag with fewer is rare enough.
create function {schema}.rarest(in_log int, in_tags text[], in_after bigint) returns text
language sql stable as $$
    select u.tag from unnest(in_tags) u(tag)
    order by (select t.position from {schema}.event_tags t
        where t.log = in_log and t.tag = u.tag and t.position > in_after
        order by t.position offset 199 limit 1) desc nulls first
    limit 1
$$;

-- Appends a group of runs. What an event has of its commit is repeated for each event, as a list whose
-- elements differ in length is walked through from its start for each one that is picked.
-- Columns of commits begin with c_, of streams with s_, of writes with w_, of events with e_, of their
-- tags with t_, of the clauses of guards with g_, of the positions that guards ignore with i_, of the
-- events of other runs in the group that a guard forbids with x_. They refer to each other by place,
-- from 1.
--
-- Results, for each commit: 0 stored, 1 not looked at, as its key, or that of an earlier commit of its
-- run, is known, 2 a stream is not as expected, 3 an event that a guard forbids is there, 4 a predecessor
-- failed. All checks come after the lock, in statements of their own, each of which sees what was
-- committed before it began. A conflict is a result and never an exception, which would abort the group.
--
-- Whoever changes rows of views with the events does not have it commit, and commits by himself.
create procedure {schema}.append(
    in_commit boolean,
    in_log int,
    in_stamp bigint,
    in_channel text,
    c_run int[],
    c_key uuid[],
    c_twin int[],
    c_doomed boolean[],
    c_after bigint[],
    c_writes int[],
    c_events int[],
    s_name text[],
    w_stream int[],
    w_expected bigint[],
    w_events int[],
    e_commit int[],
    e_write int[],
    e_key uuid[],
    e_time bigint[],
    e_correlation uuid[],
    e_causation uuid[],
    e_actor bytea[],
    e_command bytea[],
    e_digest bigint[],
    e_headers text[],
    e_stream text[],
    e_name text[],
    e_version int[],
    e_tags text[],
    e_payload bytea[],
    t_event int[],
    t_tag text[],
    g_commit int[],
    g_stream text[],
    g_tag text[],
    g_tags text[],
    g_names text[],
    g_contexts text[],
    i_run int[],
    i_first bigint[],
    i_last bigint[],
    x_commit int[],
    x_with int[],
    x_event int[],
    inout o_results int[],
    -- The first position of a stored commit; the newest revision of the stream (-1: none) that is not as
    -- expected; the position of the event that is forbidden.
    inout o_details bigint[],
    -- Which write of the commit has the stream that is not as expected.
    inout o_writes int[],
    -- The first revision of each write of a stored commit.
    inout o_revisions bigint[]
)
language plpgsql as $$
#variable_conflict use_variable
declare
    commits int := cardinality(c_key);
    base bigint;
    next bigint;
    known bigint[];
    heads bigint[];
    forbidden bigint[];
    clause int;
    failed_in int[];
    run int := 0;
    failed boolean;
    stopped boolean;
    result int;
    detail bigint;
    twin int;
    write int := 0;
    event int := 0;
    clash int := 1;
    clashes int := cardinality(x_commit);
    first_write int;
    last_write int;
    stream int;
    -- What is added to the place of an event to give its position, its revision, its index.
    c_shift bigint[];
    w_shift bigint[];
    c_before int[];
begin
    select l.head into base from {schema}.logs l where l.log = in_log for update;
    if base is null then
        raise exception 'log % is gone', in_log using errcode = 'FA001';
    end if;

    known := array(select
        (select e.position from {schema}.events e
            where e.log = in_log and e.key = u.key and e.index = 0)
        from unnest(c_key) u(key));
    heads := array(select coalesce(
        (select e.revision from {schema}.events e
            where e.log = in_log and e.stream = u.name order by e.revision desc limit 1), -1)
        from unnest(s_name) u(name));
    forbidden := array_fill(null::bigint, array[commits]);
    if cardinality(g_commit) > 0 then
        for clause, detail in
            select q.commit, case
                when q.stream is not null then
                    (select e.position from {schema}.events e
                        where e.log = in_log and e.stream = q.stream
                        and e.revision >= {schema}.first_after(in_log, q.stream, c_after[q.commit])
                        and not exists (select from unnest(i_run, i_first, i_last) i(run, a, z)
                            where i.run = c_run[q.commit] and e.position between i.a and i.z)
                        order by e.revision limit 1)
                when q.tag is not null then
                    (select t.position from {schema}.event_tags t
                        where t.log = in_log and t.position > c_after[q.commit]
                        and t.tag = case when q.tags is null then q.tag else {schema}.rarest(in_log,
                            string_to_array(q.tags, E'\n'), c_after[q.commit]) end
                        -- Not `exists`, for which the server may read the whole log into a table.
                        and (q.tags is null and q.names is null and q.contexts is null
                            or coalesce((select true from {schema}.events e
                                where e.log = in_log and e.position = t.position
                                and (q.tags is null or string_to_array(e.tags, E'\n')
                                    @> string_to_array(q.tags, E'\n'))
                                and (q.names is null and q.contexts is null
                                    or e.name = any(string_to_array(q.names, E'\n'))
                                    or left(e.name, -strpos(reverse(e.name), '.'))
                                        = any(string_to_array(q.contexts, E'\n')))), false))
                        and not exists (select from unnest(i_run, i_first, i_last) i(run, a, z)
                            where i.run = c_run[q.commit] and t.position between i.a and i.z)
                        order by t.position limit 1)
                else
                    (select e.position from {schema}.events e
                        where e.log = in_log and e.position > c_after[q.commit]
                        and (q.names is null and q.contexts is null
                            or e.name = any(string_to_array(q.names, E'\n'))
                            or left(e.name, -strpos(reverse(e.name), '.'))
                                = any(string_to_array(q.contexts, E'\n')))
                        and not exists (select from unnest(i_run, i_first, i_last) i(run, a, z)
                            where i.run = c_run[q.commit] and e.position between i.a and i.z)
                        order by e.position limit 1)
                end
            from unnest(g_commit, g_stream, g_tag, g_tags, g_names, g_contexts)
                q(commit, stream, tag, tags, names, contexts)
        loop
            forbidden[clause] := least(forbidden[clause], detail);
        end loop;
    end if;

    next := base + 1;
    o_results := array_fill(0, array[commits]);
    o_details := array_fill(0::bigint, array[commits]);
    o_writes := array_fill(0, array[commits]);
    c_shift := array_fill(0::bigint, array[commits]);
    c_before := array_fill(0, array[commits]);
    w_shift := array_fill(null::bigint, array[cardinality(w_stream)]);
    o_revisions := array_fill(0::bigint, array[cardinality(w_stream)]);
    failed_in := array_fill(0, array[cardinality(s_name)]);

    -- As a rule nothing speaks against anything, and no stream is written to twice: then all is stored.
    if cardinality(w_stream) = cardinality(s_name) and clashes = 0
            and 0 = all(c_twin) and false = all(c_doomed)
            and array_remove(known, null) = '{}' and array_remove(forbidden, null) = '{}'
            and not exists (select from unnest(w_expected, heads) u(expected, head)
                where not (u.expected = u.head or u.expected = -3
                    or u.expected = -2 and u.head >= 0)) then
        c_shift := array_fill(base, array[commits]);
        for c in 1..commits loop
            o_details[c] := next + event;
            c_before[c] := event;
            event := event + c_events[c];
        end loop;
        next := next + event;
        event := 0;
        for w in 1..cardinality(w_stream) loop
            o_revisions[w] := heads[w] + 1;
            w_shift[w] := heads[w] - event;
            event := event + w_events[w];
        end loop;
        commits := 0;
    end if;

    for c in 1..commits loop
        if c_run[c] <> run then
            run := c_run[c];
            failed := false;
            stopped := false;
        end if;
        first_write := write + 1;
        write := write + c_writes[c];
        last_write := write;
        result := 0;
        if not stopped then
            if known[c] is not null then
                stopped := true;
            elsif c_twin[c] > 0 then
                twin := c_twin[c];
                while twin > 0 and o_results[twin] <> 0 loop
                    twin := c_twin[twin];
                end loop;
                stopped := twin > 0;
            end if;
        end if;
        if stopped then
            result := 1;
        else
            if c_doomed[c] or failed and c_after[c] is not null then
                result := 4;
            elsif failed then
                for w in first_write..last_write loop
                    if failed_in[w_stream[w]] = run then
                        result := 4;
                        exit;
                    end if;
                end loop;
            end if;
            if result = 0 then
                for w in first_write..last_write loop
                    detail := heads[w_stream[w]];
                    -- -1: no events. -2: some. -3: any number of them.
                    if not (w_expected[w] = detail or w_expected[w] = -3
                            or w_expected[w] = -2 and detail >= 0) then
                        result := 2;
                        o_details[c] := detail;
                        o_writes[c] := w - first_write + 1;
                        exit;
                    end if;
                end loop;
            end if;
            if result = 0 and c_after[c] is not null then
                detail := forbidden[c];
                while clash <= clashes and x_commit[clash] < c loop
                    clash := clash + 1;
                end loop;
                while detail is null and clash <= clashes and x_commit[clash] = c loop
                    if o_results[x_with[clash]] = 0
                            and o_details[x_with[clash]] + x_event[clash] > c_after[c] then
                        detail := o_details[x_with[clash]] + x_event[clash];
                    end if;
                    clash := clash + 1;
                end loop;
                if detail is not null then
                    result := 3;
                    o_details[c] := detail;
                end if;
            end if;
            if result = 0 then
                o_details[c] := next;
                c_shift[c] := next - event - 1;
                c_before[c] := event;
                detail := event;
                for w in first_write..last_write loop
                    stream := w_stream[w];
                    o_revisions[w] := heads[stream] + 1;
                    w_shift[w] := heads[stream] - detail;
                    heads[stream] := heads[stream] + w_events[w];
                    detail := detail + w_events[w];
                end loop;
                next := next + c_events[c];
            else
                failed := true;
                for w in first_write..last_write loop
                    failed_in[w_stream[w]] := run;
                end loop;
            end if;
        end if;
        if result <> 0 then
            o_results[c] := result;
        end if;
        event := event + c_events[c];
    end loop;

    if next > base + 1 then
        insert into {schema}.events (log, position, revision, stamp, index, size, version, key,
            time, correlation, causation, actor, command, digest, headers,
            stream, name, tags, payload)
        select in_log, e.n + c_shift[e.commit], e.n + w_shift[e.write], in_stamp,
            e.n - c_before[e.commit] - 1, c_events[e.commit], e.version, e.key,
            e.time, e.correlation, e.causation, e.actor, e.command, e.digest, e.headers,
            e.stream, e.name, e.tags, e.payload
        from unnest(e_commit, e_write, e_key, e_time, e_correlation, e_causation, e_actor, e_command,
            e_digest, e_headers, e_stream, e_name, e_version, e_tags, e_payload)
            with ordinality e(commit, write, key, time, correlation, causation, actor, command,
                digest, headers, stream, name, version, tags, payload, n)
        where w_shift[e.write] is not null;
        if cardinality(t_event) > 0 then
            insert into {schema}.event_tags (log, tag, position)
            select in_log, t.tag, t.event + c_shift[e_commit[t.event]]
            from unnest(t_event, t_tag) t(event, tag)
            where w_shift[e_write[t.event]] is not null;
        end if;
        update {schema}.logs l set head = next - 1 where l.log = in_log;
        perform pg_notify(in_channel, (next - 1)::text);
    end if;
    if in_commit then
        commit;
    end if;
end $$;
