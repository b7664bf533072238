-- Counts by day and hour from which coverage is measured. Reads: issuance, use_all_times, stream.
-- Makes: issuance_hour, issuance_day, use_day, mailbox_stream.
-- A broken clock or a zero date (0001, 1970) is in no cadence: it would stretch the case over centuries.
create or replace temp table issuance_hour as
select authority, stream, date_trunc('hour', time) as hour, count(*) as events
from issuance where authority is not null and time >= timestamp '2000-01-01' and time < timestamp '2100-01-01' group by all;

create or replace temp table issuance_day as
select authority, stream, cast(date_trunc('day', hour) as date) as day, sum(events) as events from issuance_hour group by all;

create or replace temp table use_day as
select tenant, stream, cast(date_trunc('day', time) as date) as day, count(*) as events
from use_all_times where time >= timestamp '2000-01-01' and time < timestamp '2100-01-01' group by all;

create or replace temp table mailbox_stream as
select tenant, mailbox_key, min(mailbox) as mailbox, stream, count(*) as events, min(time) as first, max(time) as last
from use_all_times where mailbox_key is not null group by tenant, mailbox_key, stream;
