-- What was served to whom: certain, presumed, possible; per message or folder and actor.
-- Reads: use, use_all_times, mailbox_home, verdict, actor_of_use, throttle, tenant_blind, mailbox_blind. Makes: touched, exposed (columns core.case.EXPOSURE).
create or replace temp table touched as
select use.use_id, use.time, coalesce(use.tenant, home.tenant) as tenant, coalesce(use.tenant, home.tenant, '') as tenant_key,
    use.realm, use.mailbox_key, use.mailbox, use.stream, use.operation, use.access,
    use.throttled, use.count, verdict.verdict, coalesce(actor_of_use.actor, '-') as actor,
    -- Of what an export did to a record, only this concerns the messages (a year inferred, an odd id do not).
    case when use.lossy in ('flattened', 'cut', 'no-items') then use.lossy end as lossy,
    case verdict.verdict when 'forged' then 0 when 'stolen' then 1 when 'unissued' then 2 else 3 end as rank
from verdict join use on use.use_id = verdict.use_id
left join actor_of_use on actor_of_use.use_id = verdict.use_id
left join mailbox_home as home on home.mailbox_key = use.mailbox_key
where verdict.verdict in ('forged', 'stolen', 'unissued', 'suspicious') and use.mailbox_key is not null;

create or replace temp table item as
select touched.*, nullif(trim(served.m.message_id, ' <>'), '') as message_key, served.m.message_id as message_id,
    served.m.item_id as item_id, served.m.folder as folder, served.m.bytes as bytes
from touched join (select use_id, messages from use_all_times semi join touched using (use_id)) as whole using (use_id)
cross join unnest(whole.messages) as served(m);

-- Every message any record names, by mailbox and folder: the lower bound of what a synchronised folder holds.
create or replace temp table known_item as
select tenant_key, mailbox_key, folder, count(distinct coalesce(message_key, item_id)) as items
from (select use.tenant_key, use.mailbox_key, served.m.folder as folder, nullif(trim(served.m.message_id, ' <>'), '') as message_key,
          served.m.item_id as item_id
      from (select coalesce(used.tenant, home.tenant, '') as tenant_key, used.mailbox_key, used.messages
            from use_all_times as used left join mailbox_home as home on home.mailbox_key = used.mailbox_key
            semi join use on use.use_id = used.use_id
            semi join (select mailbox_key from touched where access = 'sync') as synced on synced.mailbox_key = used.mailbox_key) as use
      cross join unnest(use.messages) as served(m))
where message_key is not null or item_id is not null
group by tenant_key, mailbox_key, folder;

-- Certain is what a record names as served. A message only copied, moved, flagged or deleted was within reach, and
-- nothing says that the actor was given it. Sync names the folder, not the messages: all of them are presumed taken.
create or replace temp table exposed as
select min(tenant) as tenant, min(realm) as realm, min(mailbox) as mailbox, min(message_id) as message_id,
    min(item_id) as item_id, min(folder) as folder,
    case when bool_or(lossy is null and access = 'bind') then 'certain' else 'possible' end as exposure, max(bytes) as bytes,
    cast(case when bool_or(lossy is null and access = 'bind') then 1 else 0 end as bigint) as items_min,
    cast(1 as bigint) as items_max,
    min(time) as first_access, max(time) as last_access, actor,
    case min(rank) when 0 then 'forged' when 1 then 'stolen' when 2 then 'unissued' else 'suspicious' end as verdict,
    case when not bool_or(lossy is null) then 'export-lossy' when bool_or(lossy is null and access = 'bind') then 'served'
         when bool_or(access = 'bind') then 'export-lossy' else 'acted-on' end as reason,
    arg_min(use_id, {'time': time, 'use_id': use_id}) as use_id, mailbox_key, tenant_key
from item where (message_key is not null or item_id is not null) and access is distinct from 'sync'
group by tenant_key, mailbox_key, coalesce(message_key, item_id), actor;

insert into exposed
select min(item.tenant), min(item.realm), min(item.mailbox), null, null, item.folder, 'presumed', null,
    coalesce(max(known_item.items), 0), null, min(time), max(time), actor,
    case min(rank) when 0 then 'forged' when 1 then 'stolen' when 2 then 'unissued' else 'suspicious' end,
    'synchronised', arg_min(use_id, {'time': time, 'use_id': use_id}), item.mailbox_key,
    item.tenant_key
from item left join known_item on known_item.tenant_key = item.tenant_key and known_item.mailbox_key = item.mailbox_key
    and known_item.folder is not distinct from item.folder
where item.access = 'sync'
group by item.tenant_key, item.mailbox_key, item.folder, actor;

-- A record that names no message: the export lost them, or the log counts without naming.
insert into exposed
select min(tenant), min(realm), min(mailbox), null, null, null, 'possible', null, 0,
    case when bool_and(count is not null) then sum(count) end, min(time), max(time), actor,
    case min(rank) when 0 then 'forged' when 1 then 'stolen' when 2 then 'unissued' else 'suspicious' end,
    case when bool_or(lossy is not null) then 'export-lossy' else 'not-named' end,
    arg_min(use_id, {'time': time, 'use_id': use_id}), mailbox_key, tenant_key
from touched
where access = 'bind' and use_id not in (select use_id from item where message_key is not null or item_id is not null)
group by tenant_key, mailbox_key, actor;

create or replace temp table actor_span as
select tenant_key, mailbox_key, actor, min(tenant) as tenant, min(realm) as realm, min(mailbox) as mailbox, min(time) as first,
    max(time) as last, bool_or(access in ('bind', 'sync')) as recorded,
    case min(rank) when 0 then 'forged' when 1 then 'stolen' when 2 then 'unissued' else 'suspicious' end as verdict,
    arg_min(use_id, {'time': time, 'use_id': use_id}) as use_id
from touched group by tenant_key, mailbox_key, actor;

-- Throttling, whoever's record carries the flag: from it on 24 hours are blind, inside the actor's access the whole mailbox
-- is presumed taken. Up to a day after his last record he may have gone on unseen.
insert into exposed
select span.tenant, span.realm, span.mailbox, null, null, '*', throttled.exposure, null, 0, null, throttled.begins, throttled.ends,
    span.actor, span.verdict, 'throttled', span.use_id, span.mailbox_key, span.tenant_key
from actor_span as span join (
    select span.tenant_key, span.mailbox_key, span.actor,
        case when throttle.begins <= span.last then 'presumed' else 'possible' end as exposure,
        min(throttle.begins) as begins, max(throttle.ends) as ends
    from actor_span as span join throttle on throttle.tenant = span.tenant_key and throttle.mailbox_key = span.mailbox_key
        and throttle.ends > span.first and throttle.begins <= span.last + interval '24 hours'
    group by span.tenant_key, span.mailbox_key, span.actor, case when throttle.begins <= span.last then 'presumed' else 'possible' end
) as throttled on throttled.tenant_key = span.tenant_key and throttled.mailbox_key = span.mailbox_key
    and throttled.actor = span.actor;

-- Days inside the actor's access on which the log of what was served is missing, cut or silent.
insert into exposed
select span.tenant, span.realm, span.mailbox, null, null, '*', 'possible', null, 0, null, lost.begins, lost.ends, span.actor,
    span.verdict, lost.reason, span.use_id, span.mailbox_key, span.tenant_key
from actor_span as span join (
    select span.tenant_key, span.mailbox_key, span.actor, blind.reason, cast(min(blind.day) as timestamp) as begins,
        cast(max(blind.day) as timestamp) + interval '1 day' as ends
    from actor_span as span join (
        select tenant, null::varchar as mailbox_key, day, reason from tenant_blind
        union all select tenant, mailbox_key, day, reason from mailbox_blind where reason <> 'throttled') as blind
        on blind.tenant = span.tenant_key and (blind.mailbox_key is null or blind.mailbox_key = span.mailbox_key)
        and blind.day between cast(date_trunc('day', span.first) as date) and cast(date_trunc('day', span.last) as date)
    group by span.tenant_key, span.mailbox_key, span.actor, blind.reason
) as lost on lost.tenant_key = span.tenant_key and lost.mailbox_key = span.mailbox_key and lost.actor = span.actor
where span.recorded;

-- The actor was let in and the log of what he was served says nothing of it.
insert into exposed
select min(tenant), min(realm), min(mailbox), null, null, '*', 'possible', null, 0, null, min(time), max(time), actor,
    case min(rank) when 0 then 'forged' when 1 then 'stolen' when 2 then 'unissued' else 'suspicious' end,
    case when bool_or(stream = 'dovecot.login') then 'cached-headers' else 'not-recorded' end,
    arg_min(use_id, {'time': time, 'use_id': use_id}), mailbox_key, tenant_key
from touched
group by tenant_key, mailbox_key, actor
having bool_or(stream = 'dovecot.login') or not bool_or(access in ('bind', 'sync'));
