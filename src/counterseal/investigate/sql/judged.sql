-- What can be said of each use whose id is on record nowhere. Reads: unit, background, measured, use, link.
-- Makes: judged(use_id, id_kind, state, basis, figures, gap).
--
-- state: unissued (declared or measured), thin, or unknown with `gap` as its reason code.
create or replace temp table best_measure as
select tenant, acting_app, path, principal_type, id_kind, group_kind, group_name, state, figures,
    case state when 'unissued' then 0 when 'thin' then 1 when 'within' then 2 when 'few' then 3 else 4 end as rank
from measured;

-- A declaration is believed only where the join works at all: the declared records of that issuer match either half of
-- the tokens presented or twenty; or do so without the judged principal and address, who may be hiding in his own noise.
create or replace temp table declared_token as
select authority, id, principal_key, ip_key, bool_or(matched and not confirmed) as matched from unit where declared group by all;

create or replace temp table presented_by as
select authority, 'all' as held, '' as name, count(distinct id) as tokens, count(distinct id) filter (where matched) as matched
from declared_token group by authority
union all select authority, 'principal', principal_key, count(distinct id), count(distinct id) filter (where matched)
from declared_token group by authority, principal_key
union all select authority, 'address', ip_key, count(distinct id), count(distinct id) filter (where matched)
from declared_token group by authority, ip_key
union all select authority, 'both', concat(principal_key, ' ', ip_key), count(distinct id), count(distinct id) filter (where matched)
from declared_token group by authority, principal_key, ip_key;

create or replace temp table credible as
select pair.authority, pair.principal_key, pair.ip_key
from (select distinct authority, principal_key, ip_key from declared_token where not matched) as pair
join presented_by as everyone on everyone.authority = pair.authority and everyone.held = 'all'
join presented_by as person on person.authority = pair.authority and person.held = 'principal' and person.name = pair.principal_key
join presented_by as address on address.authority = pair.authority and address.held = 'address' and address.name = pair.ip_key
join presented_by as twice on twice.authority = pair.authority and twice.held = 'both'
    and twice.name = concat(pair.principal_key, ' ', pair.ip_key)
where everyone.matched >= least(20, greatest(1, everyone.tokens / 2.0))
   or everyone.matched - person.matched - address.matched + twice.matched
      >= least(20, greatest(1, (everyone.tokens - person.tokens - address.tokens + twice.tokens) / 2.0));

-- A declaration is contradicted by the uses themselves where tokens of several people have no record although these
-- people's other tokens, from the same addresses, do, or where the issuer answers that it issued one that the log does not
-- show: the log has lost some. Then only the measure may accuse.
create or replace temp table contradicted as
select authority
from (select authority, principal_key, ip_key from declared_token group by authority, principal_key, ip_key
      having bool_or(matched) and not bool_and(matched)) as usual
group by authority having count(distinct principal_key) > 1
union select authority from unit where declared and confirmed;

create or replace temp table judged as
with lone as (
    select unit.* exclude (declared),
        unit.declared and credible.authority is not null and contradicted.authority is null as declared,
        unit.declared and credible.authority is null as incredible,
        unit.declared and contradicted.authority is not null as lossy
    from unit
    left join credible on credible.authority = unit.authority and credible.principal_key = unit.principal_key
        and credible.ip_key = unit.ip_key
    left join contradicted on contradicted.authority = unit.authority
    where not unit.matched and not unit.contradicted
),
group_of_use as (
    select use_id, 'principal' as group_kind, principal_key as group_name from lone
    union all select use_id, 'address', ip_key from lone
    union all select use_id, 'session', session_key from lone
),
tested as (
    select lone.use_id, best_measure.state, best_measure.figures
    from lone join group_of_use on group_of_use.use_id = lone.use_id
    join best_measure on best_measure.tenant = coalesce(lone.tenant, '')
        and best_measure.acting_app = lone.acting_app and best_measure.path = lone.path
        and best_measure.principal_type = lone.principal_type and best_measure.id_kind = lone.id_kind
        and best_measure.group_kind = group_of_use.group_kind and best_measure.group_name = group_of_use.group_name
    qualify row_number() over (partition by lone.use_id order by best_measure.rank, best_measure.group_kind,
        best_measure.group_name) = 1
)
select lone.use_id, lone.id_kind,
    case when lone.declared then 'unissued'
         when lone.covered and tested.state in ('unissued', 'thin') then tested.state
         else 'unknown' end as state,
    case when lone.declared then 'declared'
         when lone.covered and tested.state in ('unissued', 'thin') then 'measured' end as basis,
    tested.figures,
    case when lone.declared then null
         when lone.incredible then 'declaration-unmatched'
         when lone.lossy and not coalesce(lone.covered and tested.state in ('unissued', 'thin'), false) then 'declaration-contradicted'
         when not lone.covered then coalesce(lone.gap, 'not-exported')
         when tested.state = 'unlinkable' then 'unlinkable'
         when tested.state = 'within' then 'within-background'
         when tested.state in ('unissued', 'thin') then null
         else 'background-thin' end as gap
from lone left join tested on tested.use_id = lone.use_id;
