-- One status per mailbox that the evidence or the roster names. A mailbox is an address in a tenant.
-- Reads: use, use_all_times, mailbox_home, verdict, exposed, roster, serving, window_day, audited, mailbox_silence,
-- throttle, tenant_blind, mailbox_blind, actor_of_use. Makes: mailbox_coverage, mailboxes.

create or replace temp table log_mailbox as
select coalesce(used.tenant, home.tenant, '') as tenant, used.mailbox_key, min(used.mailbox) as mailbox, min(used.realm) as realm
from use_all_times as used left join mailbox_home as home on home.mailbox_key = used.mailbox_key
where used.mailbox_key is not null group by coalesce(used.tenant, home.tenant, ''), used.mailbox_key;

-- The log's tenant wins over whatever the roster calls it: that may be a name. A name stands for the tenant in which the
-- logs know the mailboxes that bear it, an address without records for the tenant of its domain.
create or replace temp table asked_mailbox as
with listed as (
    select lower(trim(roster.mailbox)) as mailbox_key, roster.mailbox, known.tenant as known,
        nullif(lower(trim(roster.tenant)), '') as given, roster.organisation, roster.account, roster.licence
    from roster left join (select min(tenant) as tenant, lower(tenant) as named from use_day where tenant is not null
                           group by lower(tenant)) as known on known.named = lower(trim(roster.tenant))
),
alias as (
    select listed.given, min(log_mailbox.tenant) as tenant from listed
    join log_mailbox on log_mailbox.mailbox_key = listed.mailbox_key
    where listed.known is null and listed.given is not null
    group by listed.given having count(distinct log_mailbox.tenant) = 1
),
domain as (
    select split_part(mailbox_key, '@', 2) as domain, min(tenant) as tenant from log_mailbox
    where split_part(mailbox_key, '@', 2) <> '' group by split_part(mailbox_key, '@', 2) having count(distinct tenant) = 1
)
select coalesce(listed.known, log_mailbox.tenant, alias.tenant, domain.tenant, listed.given, '') as tenant, listed.*
    exclude (known)
from listed left join log_mailbox on listed.known is null and log_mailbox.mailbox_key = listed.mailbox_key
left join alias on alias.given = listed.given
left join domain on domain.domain = split_part(listed.mailbox_key, '@', 2);

create or replace temp table named_mailbox as
select tenant, mailbox_key, min(mailbox) as mailbox, min(realm) as realm, min(organisation) as organisation,
    min(account) as account, min(licence) as licence, min(given) as given
from (select tenant, mailbox_key, mailbox, realm, null::varchar as organisation, null::varchar as account,
          null::varchar as licence, null::varchar as given from log_mailbox
      union all select tenant, mailbox_key, mailbox, null, organisation, account, licence, given from asked_mailbox)
group by tenant, mailbox_key;

-- The days of the window, and the whole ones among them: what can be cleared.
create or replace temp table asked_span as
select tenant, count(*) filter (where asked) as days, count(*) filter (where whole) as whole_days,
    min(day) filter (where whole) as first, max(day) filter (where whole) as last, min(day) as begins, max(day) as ends
from window_day group by tenant;

-- Blind days of an audited mailbox, by reason: those of its tenant's logs, and its own besides.
create or replace temp table blind_reason as
select named_mailbox.tenant, named_mailbox.mailbox_key, lost.reason, lost.days
from named_mailbox join (
    select tenant_blind.tenant, tenant_blind.reason, count(*) as days from tenant_blind
    join window_day on window_day.tenant = tenant_blind.tenant and window_day.day = tenant_blind.day
    where window_day.whole group by tenant_blind.tenant, tenant_blind.reason) as lost on lost.tenant = named_mailbox.tenant
union all
select mailbox_blind.tenant, mailbox_blind.mailbox_key, mailbox_blind.reason, count(*)
from mailbox_blind join window_day on window_day.tenant = mailbox_blind.tenant and window_day.day = mailbox_blind.day
left join tenant_blind on tenant_blind.tenant = mailbox_blind.tenant and tenant_blind.day = mailbox_blind.day
where window_day.asked and (window_day.whole or mailbox_blind.reason = 'throttled') and tenant_blind.day is null
group by mailbox_blind.tenant, mailbox_blind.mailbox_key, mailbox_blind.reason;

create or replace temp table top_blind as
select tenant, mailbox_key, reason, sum(days) over (partition by tenant, mailbox_key) as days
from blind_reason
qualify row_number() over (partition by tenant, mailbox_key
    order by case when reason = 'throttled' then 0 else 1 end, days desc, reason) = 1;

create or replace temp table blind as
select named_mailbox.tenant, named_mailbox.mailbox_key,
    case when audited.mailbox_key is null then coalesce(asked_span.days, 0) else coalesce(top_blind.days, 0) end as days,
    case when asked_span.tenant is null and named_mailbox.given is not null then 'tenant-unknown'
         when asked_span.tenant is null then 'no-records'
         when audited.mailbox_key is null and named_mailbox.tenant not in (select tenant from serving) then 'not-exported'
         when audited.mailbox_key is null and named_mailbox.licence is not null then 'licence'
         when audited.mailbox_key is null then 'audit-off'
         when top_blind.mailbox_key is not null then top_blind.reason
         when asked_span.whole_days = 0 then 'no-whole-day' end as reason
from named_mailbox
left join asked_span on asked_span.tenant = named_mailbox.tenant
left join audited on audited.tenant = named_mailbox.tenant and audited.mailbox_key = named_mailbox.mailbox_key
left join top_blind on top_blind.tenant = named_mailbox.tenant and top_blind.mailbox_key = named_mailbox.mailbox_key;

create or replace temp table judged_use as
select coalesce(use.tenant, home.tenant, '') as tenant, use.mailbox_key, use.time, verdict.verdict, verdict.gap,
    actor_of_use.actor
from use join verdict on verdict.use_id = use.use_id
left join mailbox_home as home on home.mailbox_key = use.mailbox_key
left join actor_of_use on actor_of_use.use_id = use.use_id
where use.mailbox_key is not null;

create or replace temp table judged_mailbox as
select tenant, mailbox_key,
    min(case verdict when 'forged' then 0 when 'stolen' then 1 when 'unissued' then 2 when 'suspicious' then 3
        when 'unknown' then 4 else 5 end) as rank,
    min(time) filter (where verdict in ('forged', 'stolen', 'unissued', 'suspicious')) as first,
    max(time) filter (where verdict in ('forged', 'stolen', 'unissued', 'suspicious')) as last,
    list_sort(array_agg(distinct actor) filter (where actor is not null)) as actors
from judged_use group by tenant, mailbox_key;

create or replace temp table top_unknown as
select tenant, mailbox_key, gap as reason from judged_use where verdict = 'unknown' group by tenant, mailbox_key, gap
qualify row_number() over (partition by tenant, mailbox_key order by count(*) desc, gap) = 1;

-- Counted as in summary.json: what only suspicious uses were served stands apart. An upper bound leaves nothing out.
create or replace temp table exposed_sum as
select tenant_key as tenant, mailbox_key, count(*) filter (where exposure = 'certain' and accused) as certain,
    count(*) filter (where exposure = 'certain' and not accused) as suspected,
    coalesce(sum(items_min) filter (where exposure = 'presumed' and accused), 0) as presumed_min,
    case when count(*) filter (where exposure = 'presumed' and items_max is null) > 0 then null
         else coalesce(sum(items_max) filter (where exposure = 'presumed'), 0) end as presumed_max
from (select tenant_key, mailbox_key, exposure, coalesce(message_id, item_id) as item, folder, min(items_min) as items_min,
          max(items_max) as items_max, bool_or(verdict <> 'suspicious') as accused
      from exposed group by tenant_key, mailbox_key, exposure, coalesce(message_id, item_id), folder)
group by tenant_key, mailbox_key;

create or replace temp table mailboxes as
select nullif(named_mailbox.tenant, '') as tenant, named_mailbox.realm,
    coalesce(named_mailbox.organisation, nullif(split_part(named_mailbox.mailbox_key, '@', 2), ''),
        nullif(named_mailbox.tenant, '')) as organisation,
    coalesce(named_mailbox.account, named_mailbox.mailbox) as account, named_mailbox.mailbox,
    case when judged_mailbox.rank <= 2 then 'victim' when judged_mailbox.rank = 3 then 'suspected'
         when judged_mailbox.rank = 5 and blind.reason is null then 'cleared' else 'undetermined' end as status,
    case when judged_mailbox.rank <= 3 then null
         when blind.reason is not null and (blind.days > 0 or judged_mailbox.rank = 5 or judged_mailbox.rank is null)
           then blind.reason
         when judged_mailbox.rank = 5
           then concat('every recorded access from ', cast(asked_span.first as varchar), ' to ', cast(asked_span.last as varchar),
               ' matches an issuance')
         when top_unknown.reason is not null then top_unknown.reason
         else 'no-records' end as reason,
    case judged_mailbox.rank when 0 then 'forged' when 1 then 'stolen' when 2 then 'unissued' when 3 then 'suspicious'
         when 4 then 'unknown' when 5 then 'issued' end as verdict,
    judged_mailbox.first, judged_mailbox.last,
    coalesce(exposed_sum.certain, 0) as certain, coalesce(exposed_sum.presumed_min, 0) as presumed_min,
    case when exposed_sum.mailbox_key is null then 0 else exposed_sum.presumed_max end as presumed_max,
    coalesce(exposed_sum.suspected, 0) as suspected,
    blind.days as blind_days, coalesce(judged_mailbox.actors, []) as actors
from named_mailbox
join blind on blind.tenant = named_mailbox.tenant and blind.mailbox_key = named_mailbox.mailbox_key
left join asked_span on asked_span.tenant = named_mailbox.tenant
left join judged_mailbox on judged_mailbox.tenant = named_mailbox.tenant and judged_mailbox.mailbox_key = named_mailbox.mailbox_key
left join top_unknown on top_unknown.tenant = named_mailbox.tenant and top_unknown.mailbox_key = named_mailbox.mailbox_key
left join exposed_sum on exposed_sum.tenant = named_mailbox.tenant and exposed_sum.mailbox_key = named_mailbox.mailbox_key;

-- What is blind per mailbox, as coverage rows: no message-access record at all, its own silence, the hours that throttling
-- blinds.
create or replace temp table mailbox_coverage as
select named_mailbox.tenant, named_mailbox.mailbox, 'use' as kind, coalesce(tenant_serving.stream, 'mail-access') as stream,
    cast(asked_span.begins as timestamp) as begins, cast(asked_span.ends as timestamp) + interval '1 day' as ends,
    'absent' as state, 'measured' as basis, blind.reason
from named_mailbox
join blind on blind.tenant = named_mailbox.tenant and blind.mailbox_key = named_mailbox.mailbox_key
join asked_span on asked_span.tenant = named_mailbox.tenant
left join audited on audited.tenant = named_mailbox.tenant and audited.mailbox_key = named_mailbox.mailbox_key
left join (select tenant, min(stream) as stream from serving group by tenant) as tenant_serving
    on tenant_serving.tenant = named_mailbox.tenant
where audited.mailbox_key is null
union all
select mailbox_silence.tenant, named_mailbox.mailbox, 'use', mailbox_silence.stream, min(cast(window_day.day as timestamp)),
    max(cast(window_day.day as timestamp)) + interval '1 day', 'absent', 'measured', 'mailbox-silent'
from mailbox_silence
join named_mailbox on named_mailbox.tenant = mailbox_silence.tenant and named_mailbox.mailbox_key = mailbox_silence.mailbox_key
join window_day on window_day.tenant = mailbox_silence.tenant
    and window_day.number > mailbox_silence.begins_after and window_day.number < mailbox_silence.ends_before
group by mailbox_silence.tenant, named_mailbox.mailbox, mailbox_silence.stream, mailbox_silence.begins_after
union all
select throttle.tenant, named_mailbox.mailbox, 'use', throttle.stream, throttle.begins, throttle.ends, 'absent', 'measured', 'throttled'
from throttle join named_mailbox on named_mailbox.tenant = throttle.tenant and named_mailbox.mailbox_key = throttle.mailbox_key;
