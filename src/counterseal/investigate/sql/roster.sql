-- One status per mailbox that the evidence or the roster names. Reads: use, attempt, verdict, exposed, roster,
-- coverage, mailbox_stream, use_day, actor_of_use. Makes: mailbox_coverage, mailboxes.

-- Streams whose records name what was served; a mailbox is audited if it ever stands in one.
create or replace temp table serving as
select distinct stream from use_all_times where access in ('bind', 'sync');

create or replace temp table named_mailbox as
select mailbox_key, min(mailbox) as mailbox, min(tenant) as tenant, min(realm) as realm, min(organisation) as organisation,
    min(account) as account, min(licence) as licence
from (select mailbox_key, mailbox, tenant, realm, null::varchar as organisation, null::varchar as account, null::varchar as licence
      from use where mailbox_key is not null
      union all select mailbox_key, mailbox, tenant, realm, null, null, null from attempt where mailbox_key is not null
      union all select lower(trim(mailbox)), mailbox, lower(tenant), null, organisation, account, licence from roster)
group by mailbox_key;

-- The days the tenant's records span: what can be cleared is a mailbox in that time, no other.
create or replace temp table tenant_span as
select tenant, min(day) as first, max(day) as last, date_diff('day', min(day), max(day)) + 1 as days
from use_day group by tenant;

create or replace temp table audited as
select mailbox_key, min(mailbox_stream.stream) as stream from mailbox_stream semi join serving using (stream) group by mailbox_key;

-- Blind days of an audited mailbox: days on which its stream is silent or cut, and the days throttling blinds.
create or replace temp table blind as
select named_mailbox.mailbox_key,
    case when audited.mailbox_key is null then coalesce(tenant_span.days, 0)
         else coalesce(stream_blind.days, 0) + coalesce(throttle.days, 0) end as days,
    case when audited.mailbox_key is null and not exists (select 1 from serving join use_day using (stream)
              where use_day.tenant is not distinct from named_mailbox.tenant) then 'not-exported'
         when audited.mailbox_key is null and named_mailbox.licence is not null then 'licence'
         when audited.mailbox_key is null then 'audit-off'
         when throttle.days > 0 then 'throttled'
         else stream_blind.reason end as reason
from named_mailbox
left join tenant_span on tenant_span.tenant is not distinct from named_mailbox.tenant
left join audited on audited.mailbox_key = named_mailbox.mailbox_key
left join (select tenant, stream, sum(date_diff('day', begins, ends)) as days, min(reason) as reason from coverage
           where mailbox = '*' and kind = 'use' and basis = 'measured' and state <> 'covered'
             and reason not in ('edge', 'not-exported') group by tenant, stream) as stream_blind
    on stream_blind.tenant = coalesce(named_mailbox.tenant, '') and stream_blind.stream = audited.stream
left join (select mailbox_key, count(distinct date_trunc('day', time)) as days from use_all_times where throttled group by mailbox_key)
    as throttle on throttle.mailbox_key = named_mailbox.mailbox_key;

create or replace temp table judged_mailbox as
select use.mailbox_key,
    min(case verdict.verdict when 'forged' then 0 when 'stolen' then 1 when 'unissued' then 2 when 'suspicious' then 3
        when 'unknown' then 4 else 5 end) as rank,
    min(use.time) filter (where verdict.verdict in ('forged', 'stolen', 'unissued', 'suspicious')) as first,
    max(use.time) filter (where verdict.verdict in ('forged', 'stolen', 'unissued', 'suspicious')) as last,
    count(*) filter (where verdict.verdict = 'unknown') as unknown,
    list_sort(array_agg(distinct actor_of_use.actor) filter (where actor_of_use.actor is not null)) as actors
from use join verdict on verdict.use_id = use.use_id
left join actor_of_use on actor_of_use.use_id = use.use_id
where use.mailbox_key is not null group by use.mailbox_key;

create or replace temp table top_unknown as
select use.mailbox_key, verdict.gap as reason
from use join verdict on verdict.use_id = use.use_id where verdict.verdict = 'unknown' and use.mailbox_key is not null
group by use.mailbox_key, verdict.gap
qualify row_number() over (partition by use.mailbox_key order by count(*) desc, verdict.gap) = 1;

create or replace temp table exposed_sum as
select mailbox_key, count(*) filter (where exposure = 'certain') as certain,
    coalesce(sum(items_min) filter (where exposure = 'presumed'), 0) as presumed_min,
    case when count(*) filter (where exposure = 'presumed' and items_max is null) > 0 then null
         else coalesce(sum(items_max) filter (where exposure = 'presumed'), 0) end as presumed_max
from (select mailbox_key, exposure, coalesce(message_id, item_id) as item, folder, min(items_min) as items_min, max(items_max) as items_max
      from exposed group by all) group by mailbox_key;

create or replace temp table mailboxes as
select named_mailbox.tenant, named_mailbox.realm,
    coalesce(named_mailbox.organisation, nullif(split_part(named_mailbox.mailbox_key, '@', 2), ''), named_mailbox.tenant) as organisation,
    coalesce(named_mailbox.account, named_mailbox.mailbox) as account, named_mailbox.mailbox,
    case when judged_mailbox.rank <= 2 then 'victim' when judged_mailbox.rank = 3 then 'suspected'
         when judged_mailbox.rank = 5 and blind.days = 0 then 'cleared' else 'undetermined' end as status,
    case when judged_mailbox.rank <= 3 then null
         when judged_mailbox.rank = 5 and blind.days = 0
           then 'every recorded access from ' || cast(tenant_span.first as varchar) || ' to ' || cast(tenant_span.last as varchar) || ' matches an issuance'
         when blind.days > 0 then coalesce(blind.reason, 'not-exported')
         when top_unknown.reason is not null then top_unknown.reason
         else 'no-records' end as reason,
    case judged_mailbox.rank when 0 then 'forged' when 1 then 'stolen' when 2 then 'unissued' when 3 then 'suspicious'
         when 4 then 'unknown' when 5 then 'issued' end as verdict,
    judged_mailbox.first, judged_mailbox.last,
    coalesce(exposed_sum.certain, 0) as certain, coalesce(exposed_sum.presumed_min, 0) as presumed_min,
    case when exposed_sum.mailbox_key is null then 0 else exposed_sum.presumed_max end as presumed_max,
    coalesce(blind.days, 0) as blind_days, coalesce(judged_mailbox.actors, []) as actors
from named_mailbox
left join judged_mailbox on judged_mailbox.mailbox_key = named_mailbox.mailbox_key
left join blind on blind.mailbox_key = named_mailbox.mailbox_key
left join tenant_span on tenant_span.tenant is not distinct from named_mailbox.tenant
left join top_unknown on top_unknown.mailbox_key = named_mailbox.mailbox_key
left join exposed_sum on exposed_sum.mailbox_key = named_mailbox.mailbox_key;

-- What is blind per mailbox, as coverage rows: no message-access record at all, and the hours that throttling blinds.
create or replace temp table mailbox_coverage as
select coalesce(named_mailbox.tenant, '') as tenant, named_mailbox.mailbox, 'use' as kind,
    coalesce(tenant_serving.stream, 'mail-access') as stream,
    cast(tenant_span.first as timestamp) as begins, cast(tenant_span.last as timestamp) + interval '1 day' as ends,
    'absent' as state, 'measured' as basis, blind.reason
from named_mailbox join blind on blind.mailbox_key = named_mailbox.mailbox_key
join tenant_span on tenant_span.tenant is not distinct from named_mailbox.tenant
left join (select use_day.tenant, min(use_day.stream) as stream from use_day semi join serving using (stream)
           group by use_day.tenant) as tenant_serving on tenant_serving.tenant is not distinct from named_mailbox.tenant
where named_mailbox.mailbox_key not in (select mailbox_key from audited)
union all
select coalesce(tenant, ''), mailbox, 'use', stream, time, time + interval '24 hours', 'absent', 'measured', 'throttled'
from use_all_times where throttled and mailbox_key is not null;
