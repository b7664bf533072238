-- What can be said of each use whose id is on record nowhere. Reads: unit, background, measured, use, link.
-- Makes: judged(use_id, id_kind, state, basis, figures, gap).
--
-- state: unissued (declared or measured), thin, or unknown with `gap` as its reason code.
create or replace temp table best_measure as
select tenant, acting_app, path, principal_type, id_kind, group_kind, group_name, state, figures,
    case state when 'unissued' then 0 when 'thin' then 1 when 'within' then 2 when 'few' then 3 else 4 end as rank
from measured;

-- A declaration is believed only where the join works at all: the declared records of that issuer match at least one
-- token and either half of those presented or twenty.
create or replace temp table credible as
select authority, coalesce(count(distinct id) filter (where matched), 0) as matched,
    count(distinct id) as presented
from unit where declared group by authority
having count(distinct id) filter (where matched) >= least(20, greatest(1, count(distinct id) / 2.0));

create or replace temp table judged as
with lone as (
    select unit.* exclude (declared), unit.declared and credible.authority is not null as declared,
        unit.declared and credible.authority is null as incredible
    from unit left join credible on credible.authority = unit.authority
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
         when not lone.covered then coalesce(lone.gap, 'not-exported')
         when tested.state = 'unlinkable' then 'unlinkable'
         when tested.state = 'within' then 'within-background'
         when tested.state in ('unissued', 'thin') then null
         else 'background-thin' end as gap
from lone left join tested on tested.use_id = lone.use_id;
