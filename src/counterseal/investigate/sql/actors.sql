-- One row per actor, and the attempts that share a value with one. Reads: actor_of_use, method, use, binding, attempt.
-- Fills: actors. Makes: actor_of_attempt.
create or replace temp table actor_value as
select distinct actor, kind, value from (
    select actor, 'token' as kind, token as value from binding join actor_of_use using (use_id)
    union all select actor, 'session', session from binding join actor_of_use using (use_id)
    union all select actor, 'key', key from binding join actor_of_use using (use_id)
    union all select actor, 'address', address from binding join actor_of_use using (use_id))
where value is not null;

create or replace temp table actor_of_attempt as
select attempt.use_id, min(actor_value.actor) as actor
from attempt join actor_value
  on actor_value.kind = 'token' and actor_value.value = attempt.token_key
  or actor_value.kind = 'session' and actor_value.value = attempt.session_key
  or actor_value.kind = 'key' and actor_value.value = attempt.key_id
  or actor_value.kind = 'address' and actor_value.value = attempt.ip_key
group by attempt.use_id;

insert into actors
select method.actor, method.method, method.verdict, count(*),
    list_sort(array_agg(distinct binding.key) filter (where binding.key is not null)),
    list_sort(array_agg(distinct use.token_id) filter (where use.token_id is not null)),
    list_sort(array_agg(distinct use.session_id) filter (where use.session_id is not null)),
    list_sort(array_agg(distinct use.acting_app) filter (where use.acting_app is not null)),
    list_sort(array_agg(distinct use.client_ip) filter (where use.client_ip is not null)),
    list_sort(array_agg(distinct use.mailbox) filter (where use.mailbox is not null)),
    min(use.time), max(use.time), max(use.time),
    case when (select count(*) from attempt) = 0 then null
         else coalesce(max(late.attempts), 0) end
from actor_of_use join method on method.actor = actor_of_use.actor
join use on use.use_id = actor_of_use.use_id
join binding on binding.use_id = actor_of_use.use_id
left join (select actor_of_attempt.actor, count(*) as attempts
           from actor_of_attempt join attempt on attempt.use_id = actor_of_attempt.use_id
           join (select actor, max(use.time) as last from actor_of_use join use on use.use_id = actor_of_use.use_id
                 group by actor) as success on success.actor = actor_of_attempt.actor
           where attempt.time > success.last group by actor_of_attempt.actor) as late on late.actor = actor_of_use.actor
group by method.actor, method.method, method.verdict;
