-- One row per actor, and the attempts that share a value with one.
-- Reads: actor_of_use, method, use, use_all_times, binding, attempt. Fills: actors. Makes: actor_of_attempt.
create or replace temp table actor_value as
select distinct actor, kind, value from (
    select actor, 'token' as kind, token as value from binding join actor_of_use using (use_id)
    union all select actor, 'session', session from binding join actor_of_use using (use_id)
    union all select actor, 'key', key from binding join actor_of_use using (use_id)
    union all select actor, 'address', address from binding join actor_of_use using (use_id))
where value is not null;

-- An attempt that shares values with several actors is the first one's.
create or replace temp table actor_of_attempt as
select shared.use_id, concat('A', cast(min(cast(replace(actor_value.actor, 'A', '') as bigint)) as varchar)) as actor
from (select use_id, 'token' as kind, token_key as value from attempt where token_key is not null
      union all select use_id, 'session', session_key from attempt where session_key is not null
      union all select use_id, 'key', key_id from attempt where key_id is not null
      union all select use_id, 'address', ip_key from attempt where ip_key is not null) as shared
join actor_value on actor_value.kind = shared.kind and actor_value.value = shared.value
group by shared.use_id;

-- Only a log that shows refusals can show that there were none: those of the streams the actor was let in by.
create or replace temp table watched as
select distinct actor_of_use.actor
from actor_of_use join use on use.use_id = actor_of_use.use_id
join (select distinct stream from use_all_times where outcome = 'refused') as refusing on refusing.stream = use.stream;

insert into actors
select method.actor, method.method, method.verdict, count(*),
    list_sort(array_agg(distinct binding.key) filter (where binding.key is not null)),
    list_sort(array_agg(distinct use.token_id) filter (where use.token_id is not null)),
    list_sort(array_agg(distinct use.session_id) filter (where use.session_id is not null)),
    list_sort(array_agg(distinct use.acting_app) filter (where use.acting_app is not null)),
    list_sort(array_agg(distinct use.client_ip) filter (where use.client_ip is not null)),
    list_sort(array_agg(distinct use.client_ip) filter (where binding.address is not null)),
    list_sort(array_agg(distinct use.mailbox) filter (where use.mailbox is not null)),
    min(use.time), max(use.time), max(use.time),
    case when max(watched.actor) is null and max(late.attempts) is null then null else coalesce(max(late.attempts), 0) end
from actor_of_use join method on method.actor = actor_of_use.actor
join use on use.use_id = actor_of_use.use_id
join binding on binding.use_id = actor_of_use.use_id
left join (select actor_of_attempt.actor, count(*) as attempts
           from actor_of_attempt join attempt on attempt.use_id = actor_of_attempt.use_id
           join (select actor, max(use.time) as last from actor_of_use join use on use.use_id = actor_of_use.use_id
                 group by actor) as success on success.actor = actor_of_attempt.actor
           where attempt.time > success.last group by actor_of_attempt.actor) as late on late.actor = actor_of_use.actor
left join watched on watched.actor = actor_of_use.actor
group by method.actor, method.method, method.verdict;
