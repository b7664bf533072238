-- On which days an access to a mailbox could have left no record. Reads: mailbox_day, serving, window_day, witness_day,
-- use_all_times, mailbox_home. Makes: audited, mailbox_silence, throttle, tenant_blind, mailbox_blind.

-- A mailbox is audited if it ever stands in a stream whose records name what was served.
create or replace temp table audited as
select mailbox_day.tenant, mailbox_day.mailbox_key, min(mailbox_day.stream) as stream
from mailbox_day join serving on serving.tenant = mailbox_day.tenant and serving.stream = mailbox_day.stream
group by mailbox_day.tenant, mailbox_day.mailbox_key;

-- A mailbox's own cadence, by the rules of a stream's (investigate/cadence.py): it is silent on three days or more, more
-- than twice its usual silence, in which the rest of its days would have ten records. Its audit may be switched off, or
-- somebody is on holiday: nothing tells these apart.
create or replace temp table mailbox_silence as
with seen as (
    select mailbox_day.tenant, mailbox_day.mailbox_key, mailbox_day.stream, window_day.number, window_day.weekends_before,
        window_day.weekends_before + window_day.weekend as weekends_after,
        mailbox_day.events * (1 - window_day.weekend) as working_events, mailbox_day.events * window_day.weekend as weekend_events
    from mailbox_day join serving on serving.tenant = mailbox_day.tenant and serving.stream = mailbox_day.stream
    join window_day on window_day.tenant = mailbox_day.tenant and window_day.day = mailbox_day.day
),
whole as (
    select tenant, max(number) as days, sum(weekend) as weekends from window_day group by tenant
),
own as (
    select tenant, mailbox_key, stream, sum(working_events) as working_events, sum(weekend_events) as weekend_events
    from seen group by tenant, mailbox_key, stream
),
bounded as (
    select tenant, mailbox_key, stream, number, weekends_before, weekends_after from seen
    union all
    select own.tenant, own.mailbox_key, own.stream, whole.days + 1, whole.weekends, whole.weekends
    from own join whole on whole.tenant = own.tenant
),
stretch as (
    select tenant, mailbox_key, stream, number as ends_before,
        coalesce(lag(number) over (partition by tenant, mailbox_key, stream order by number), 0) as begins_after,
        weekends_before - coalesce(lag(weekends_after) over (partition by tenant, mailbox_key, stream order by number), 0) as weekends
    from bounded
),
run as (
    select stretch.*, ends_before - begins_after - 1 as days,
        sum(ends_before - begins_after - 1) over (partition by tenant, mailbox_key, stream) as all_days,
        count(*) over (partition by tenant, mailbox_key, stream) as runs
    from stretch where ends_before - begins_after > 1
)
select run.tenant, run.mailbox_key, run.stream, run.begins_after, run.ends_before
from run join own on own.tenant = run.tenant and own.mailbox_key = run.mailbox_key and own.stream = run.stream
join whole on whole.tenant = run.tenant
where run.days >= 3
    and run.days > case when run.runs > 1 then 2.0 * (run.all_days - run.days) / (run.runs - 1) else 0 end
    and coalesce((run.days - run.weekends) * own.working_events
            / nullif(whole.days - whole.weekends - (run.days - run.weekends), 0), 0.0)
        + coalesce(run.weekends * own.weekend_events / nullif(whole.weekends - run.weekends, 0), 0.0) >= 10;

-- Throttling: from the flag on, nothing of that mailbox is recorded for 24 hours, whoever's record carries it.
create or replace temp table throttle as
select distinct coalesce(used.tenant, home.tenant, '') as tenant, used.mailbox_key, used.stream, used.time as begins,
    used.time + interval '24 hours' as ends
from use_all_times as used left join mailbox_home as home on home.mailbox_key = used.mailbox_key
where used.throttled and used.mailbox_key is not null;

create or replace temp table tenant_blind as
select tenant, day, min(reason) as reason from witness_day group by tenant, day;

create or replace temp table mailbox_blind as
select tenant, mailbox_key, day, max(reason) as reason
from (select throttle.tenant, throttle.mailbox_key, window_day.day, 'throttled' as reason
      from throttle join window_day on window_day.tenant = throttle.tenant
          and window_day.day between cast(date_trunc('day', throttle.begins) as date) and cast(date_trunc('day', throttle.ends) as date)
      union all
      select mailbox_silence.tenant, mailbox_silence.mailbox_key, window_day.day, 'mailbox-silent'
      from mailbox_silence join window_day on window_day.tenant = mailbox_silence.tenant
          and window_day.number > mailbox_silence.begins_after and window_day.number < mailbox_silence.ends_before)
group by tenant, mailbox_key, day;
