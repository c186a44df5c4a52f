
-- Views: which there are, how far each slice of one is, and who works on it. Rows are in tables of their
-- own, which are made when a view is opened.

create table {schema}.views (
    log int not null,
    name text collate "C" not null,
    version bigint not null,
    build bigint not null,
    -- As the code has them: `owner text, cents uint`.
    columns text not null,
    slices int not null,
    -- Whether it is the one of its version that queries see.
    live boolean not null default false,
    -- Whether it is about to become that.
    coming boolean not null default false,
    primary key (log, name, version, build)
);

create table {schema}.view_slices (
    log int not null,
    name text collate "C" not null,
    version bigint not null,
    build bigint not null,
    slice int not null,
    epoch bigint not null default 0,
    owner text collate "C",
    -- When the owner's lease ends, if it has one.
    until timestamptz,
    -- The checkpoint, if there is one.
    mark_log uuid,
    position bigint,
    event uuid,
    stamp bigint,
    primary key (log, name, version, build, slice)
) with (fillfactor = 20);

-- As with the append, whatever locks a slice is a procedure that ends with a commit: a client that stands
-- still in the middle of it holds nobody up.

-- Makes a view's tables by these statements, unless it is there; what is there then.
create procedure {schema}.open_view(
    in_log int,
    in_name text,
    in_version bigint,
    in_build bigint,
    in_columns text,
    in_slices int,
    in_statements text[],
    inout o_columns text,
    inout o_slices int
)
language plpgsql as $$
declare
    statement text;
begin
    -- Waits for whoever makes or drops the same one. It may be gone again after that.
    while o_columns is null loop
        insert into {schema}.views (log, name, version, build, columns, slices)
            values (in_log, in_name, in_version, in_build, in_columns, in_slices)
            on conflict do nothing;
        if found then
            foreach statement in array in_statements loop
                execute statement;
            end loop;
            insert into {schema}.view_slices (log, name, version, build, slice)
                select in_log, in_name, in_version, in_build, s.slice
                from generate_series(0, in_slices - 1) s(slice);
        end if;
        select v.columns, v.slices into o_columns, o_slices from {schema}.views v
            where v.log = in_log and v.name = in_name and v.version = in_version
            and v.build = in_build;
    end loop;
    commit;
end $$;

-- Drops a view's tables by these statements, if it is there. Whoever commits to it has locked a slice
-- before the tables, and so does this: all of them, in one order.
create procedure {schema}.drop_view(
    in_log int,
    in_name text,
    in_version bigint,
    in_build bigint,
    in_statements text[]
)
language plpgsql as $$
declare
    statement text;
begin
    perform from {schema}.view_slices s
        where s.log = in_log and s.name = in_name and s.version = in_version and s.build = in_build
        order by s.slice for update;
    delete from {schema}.view_slices s where s.log = in_log and s.name = in_name
        and s.version = in_version and s.build = in_build;
    delete from {schema}.views v where v.log = in_log and v.name = in_name
        and v.version = in_version and v.build = in_build;
    if found then
        foreach statement in array in_statements loop
            execute statement;
        end loop;
    end if;
    commit;
end $$;

-- Makes a building the live one of its version, or says that it is about to become that, or is not after
-- all. Commits of the log that change the rows of another one have locked its slice, which they hold until
-- they are done: so they come before this, or see it.
create procedure {schema}.promote_view(
    in_log int,
    in_name text,
    in_version bigint,
    in_build bigint,
    in_live boolean,
    in_coming boolean,
    inout o_found boolean
)
language plpgsql as $$
begin
    -- In one order, so that two who do this wait for each other.
    perform from {schema}.view_slices s
        where s.log = in_log and s.name = in_name and s.version = in_version
        order by s.build, s.slice for update;
    perform from {schema}.views v
        where v.log = in_log and v.name = in_name and v.version = in_version
        order by v.build for update;
    o_found := exists (select from {schema}.views v where v.log = in_log and v.name = in_name
        and v.version = in_version and v.build = in_build);
    if o_found and in_live then
        update {schema}.views v set live = (v.build = in_build), coming = false
            where v.log = in_log and v.name = in_name and v.version = in_version;
    elsif o_found then
        update {schema}.views v set coming = in_coming
            where v.log = in_log and v.name = in_name and v.version = in_version
            and v.build = in_build;
    end if;
    commit;
end $$;

-- Takes a slice for an owner, with a lease of so many microseconds or without one. There is no epoch if
-- there is no such slice, and an owner if it is somebody else's, with the microseconds that are left.
create procedure {schema}.take_slice(
    in_log int,
    in_name text,
    in_version bigint,
    in_build bigint,
    in_slice int,
    in_owner text,
    in_lease bigint,
    inout o_epoch bigint,
    inout o_log uuid,
    inout o_position bigint,
    inout o_event uuid,
    inout o_stamp bigint,
    inout o_owner text,
    inout o_left bigint
)
language plpgsql as $$
declare
    ends timestamptz;
    moment timestamptz;
begin
    select s.epoch, s.mark_log, s.position, s.event, s.stamp, s.owner, s.until
        into o_epoch, o_log, o_position, o_event, o_stamp, o_owner, ends
        from {schema}.view_slices s
        where s.log = in_log and s.name = in_name and s.version = in_version
        and s.build = in_build and s.slice = in_slice
        for update;
    moment := clock_timestamp();
    if in_lease is not null and o_owner <> in_owner and ends > moment then
        o_left := extract(epoch from ends - moment) * 1000000;
    elsif o_epoch is not null then
        if o_owner is distinct from in_owner then
            o_epoch := o_epoch + 1;
        end if;
        update {schema}.view_slices s set epoch = o_epoch, owner = in_owner,
                until = moment + in_lease * interval '1 microsecond'
            where s.log = in_log and s.name = in_name and s.version = in_version
            and s.build = in_build and s.slice = in_slice;
        o_owner := null;
    end if;
    commit;
end $$;

-- Gives a slice back, if it is still under this epoch.
create procedure {schema}.release_slice(
    in_log int,
    in_name text,
    in_version bigint,
    in_build bigint,
    in_slice int,
    in_epoch bigint,
    inout o_found boolean
)
language plpgsql as $$
begin
    perform from {schema}.view_slices s
        where s.log = in_log and s.name = in_name and s.version = in_version
        and s.build = in_build and s.slice = in_slice
        for update;
    o_found := found;
    update {schema}.view_slices s set owner = null, until = null
        where s.log = in_log and s.name = in_name and s.version = in_version
        and s.build = in_build and s.slice = in_slice and s.epoch = in_epoch;
    commit;
end $$;

-- Locks the only slice of a view whose rows a commit of the log may change, and gives it, and the bodies of
-- the rows with these keys. No epoch: the rows are to be left alone, as the view is not there, another
-- building comes or has come in its place, something is parked, or somebody holds the slice for too long.
create function {schema}.lock_view(
    in_log int,
    in_name text,
    in_version bigint,
    in_build bigint,
    in_parked text,
    in_load text,
    in_keys text[],
    out o_epoch bigint,
    out o_log uuid,
    out o_position bigint,
    out o_event uuid,
    out o_stamp bigint,
    out o_bodies text[]
)
language plpgsql as $$
declare
    is_parked boolean;
begin
    begin
        select s.epoch, s.mark_log, s.position, s.event, s.stamp
            into o_epoch, o_log, o_position, o_event, o_stamp
            from {schema}.view_slices s
            where s.log = in_log and s.name = in_name and s.version = in_version
            and s.build = in_build and s.slice = 0
            for update;
    exception when lock_not_available then
        return;
    end;
    if o_epoch is null then
        return;
    end if;
    execute in_parked into is_parked;
    if is_parked or exists (select from {schema}.views v where v.log = in_log and v.name = in_name
            and v.version = in_version and v.build <> in_build and (v.live or v.coming)) then
        o_epoch := null;
        return;
    end if;
    execute in_load into o_bodies using in_keys;
end $$;

-- Changes rows (r_), what is parked (p_) and a slice's checkpoint, if it is under this epoch and its
-- checkpoint is where it is said to be (f_). The statements are those of the view's tables; what they put
-- comes as lists of keys, values by their kind, column after column, and bodies.
--
-- Within a commit of the log it neither commits nor fails: where something is wrong with a row, nothing is
-- done.
create procedure {schema}.commit_view(
    in_within boolean,
    in_log int,
    in_name text,
    in_version bigint,
    in_build bigint,
    in_slice int,
    in_epoch bigint,
    f_log uuid,
    f_position bigint,
    f_event uuid,
    f_stamp bigint,
    t_log uuid,
    t_position bigint,
    t_event uuid,
    t_stamp bigint,
    r_put text,
    r_delete text,
    r_deleted text[],
    r_keys text[],
    r_bools boolean[],
    r_ints bigint[],
    r_uints numeric[],
    r_texts text[],
    r_bodies text[],
    p_put text,
    p_delete text,
    p_deleted text[],
    p_keys text[],
    p_bools boolean[],
    p_ints bigint[],
    p_uints numeric[],
    p_texts text[],
    p_bodies text[],
    inout o_done boolean,
    -- The slice as it was found: no epoch if there is none.
    inout o_epoch bigint,
    inout o_log uuid,
    inout o_position bigint,
    inout o_event uuid,
    inout o_stamp bigint
)
language plpgsql as $$
begin
    select s.epoch, s.mark_log, s.position, s.event, s.stamp
        into o_epoch, o_log, o_position, o_event, o_stamp
        from {schema}.view_slices s
        where s.log = in_log and s.name = in_name and s.version = in_version
        and s.build = in_build and s.slice = in_slice
        for update;
    o_done := found and o_epoch = in_epoch and (o_log, o_position, o_event, o_stamp)
        is not distinct from (f_log, f_position, f_event, f_stamp);
    if o_done then
        begin
            if cardinality(r_deleted) > 0 then
                execute r_delete using r_deleted;
            end if;
            if cardinality(r_keys) > 0 then
                execute r_put using r_keys, r_bools, r_ints, r_uints, r_texts, r_bodies;
            end if;
            if cardinality(p_deleted) > 0 then
                execute p_delete using p_deleted;
            end if;
            if cardinality(p_keys) > 0 then
                execute p_put using p_keys, p_bools, p_ints, p_uints, p_texts, p_bodies;
            end if;
            update {schema}.view_slices s set mark_log = t_log, position = t_position,
                    event = t_event, stamp = t_stamp
                where s.log = in_log and s.name = in_name and s.version = in_version
                and s.build = in_build and s.slice = in_slice;
        exception when others then
            if not in_within then
                raise;
            end if;
            o_done := false;
        end;
    end if;
    if not in_within then
        commit;
    end if;
end $$;
