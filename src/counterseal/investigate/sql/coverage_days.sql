-- Counts by day and hour from which coverage is measured. Reads: issuance, use_all_times, stream.
-- Makes: issuance_hour, issuance_day, mailbox_home, use_day, authority_day, mailbox_day, tenant_span, serving.
-- An answer to a question is no log.
-- A broken clock or a zero date (0001, 1970) is in no cadence: it would stretch the case over centuries.
create or replace temp table issuance_hour as
select authority, stream, date_trunc('hour', time) as hour, count(*) as events
from issuance where authority is not null and stream is distinct from 'answer' and time >= timestamp '2000-01-01' and time < timestamp '2100-01-01' group by all;

create or replace temp table issuance_day as
select authority, stream, cast(date_trunc('day', hour) as date) as day, sum(events) as events from issuance_hour group by all;

-- An address that the logs know in one tenant only is of that tenant where a record does not say.
create or replace temp table mailbox_home as
select mailbox_key, min(tenant) as tenant from use_all_times
where mailbox_key is not null and tenant is not null group by mailbox_key having count(distinct tenant) = 1;

create or replace temp table use_day as
select coalesce(used.tenant, home.tenant) as tenant, used.stream, cast(date_trunc('day', used.time) as date) as day,
    count(*) as events
from use_all_times as used left join mailbox_home as home on home.mailbox_key = used.mailbox_key
where used.time >= timestamp '2000-01-01' and used.time < timestamp '2100-01-01' group by all;

create or replace temp table authority_day as
select authority, cast(date_trunc('day', min(time)) as date) as first, cast(date_trunc('day', max(time)) as date) as last
from use_all_times where time >= timestamp '2000-01-01' and time < timestamp '2100-01-01' group by authority;

create or replace temp table mailbox_day as
select coalesce(used.tenant, home.tenant, '') as tenant, used.mailbox_key, used.stream,
    cast(date_trunc('day', used.time) as date) as day, count(*) as events
from use_all_times as used left join mailbox_home as home on home.mailbox_key = used.mailbox_key
where used.mailbox_key is not null and used.time >= timestamp '2000-01-01' and used.time < timestamp '2100-01-01'
group by all;

-- The days that the records of a tenant's mailboxes span: what can be cleared is a mailbox in that time, no other.
create or replace temp table tenant_span as
select tenant, min(day) as first, max(day) as last from mailbox_day group by tenant;

-- Streams whose records name what was served. A log of one of several doors into the mailboxes of Exchange Online
-- (graph-activity) shows nothing of the others: mail-access alone is written behind all of them.
create or replace temp table serving as
select distinct coalesce(used.tenant, home.tenant, '') as tenant, used.stream
from use_all_times as used left join mailbox_home as home on home.mailbox_key = used.mailbox_key
where used.access in ('bind', 'sync') and used.stream <> 'graph-activity';
