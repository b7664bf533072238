-- The verdict of every accepted use: the worst of its hits; else issued where the tuple matches; else unknown, and why.
-- Reads: use, link, unit, judged, hit, answer. Makes: verdict (one row per accepted use, the issued ones included).
create or replace temp table hit_of_use as
select use_id, min(rank) as rank, list_sort(array_agg(distinct reason)) as reasons,
    arg_min(basis, concat(cast(rank as varchar), ' ', reason)) as basis
from (select *, case verdict when 'forged' then 0 when 'stolen' then 1 when 'unissued' then 2 else 3 end as rank from hit)
group by use_id;

-- Uses about whose token, or whose session where they name no token, the issuer was asked and cannot say.
create or replace temp table asked_in_vain as
select distinct use.use_id
from use join answer on answer.issued = 'unknown' and answer.tenant is not distinct from lower(use.tenant)
    and (answer.kind = 'token' and answer.id = use.token_key
         or answer.kind = 'session' and use.token_key is null and answer.id = use.session_key);

-- What could not be decided rests on nothing, though a session may have matched.
create or replace temp table verdict as
select use_id, verdict, reasons,
    case when verdict <> 'issued' then basis when match = 'derived' then 'derived' else 'match' end as basis,
    match, background, gap
from (
    select use.use_id,
        case when hit_of_use.rank = 0 then 'forged' when hit_of_use.rank = 1 then 'stolen'
             when hit_of_use.rank = 2 then 'unissued' when hit_of_use.rank = 3 then 'suspicious'
             when link.agrees and (use.token_key is null or link.matched_by in ('token', 'digest')
                                   or judged.gap = 'unlinkable') then 'issued'
             else 'unknown' end as verdict,
        hit_of_use.reasons, hit_of_use.basis, link.match,
        judged.figures as background,
        case when asked_in_vain.use_id is not null then 'issuer-cannot-say'
             when use.token_key is null and use.session_key is null and use.issued_at is null then 'no-identifier'
             when judged.gap is null and use.token_key is null and use.issued_at is null and unit.use_id is null then 'no-token'
             else coalesce(judged.gap, 'unlinkable') end as gap
    from use
    left join hit_of_use on hit_of_use.use_id = use.use_id
    left join link on link.use_id = use.use_id
    left join unit on unit.use_id = use.use_id
    left join asked_in_vain on asked_in_vain.use_id = use.use_id
    left join (select use_id, max(figures) as figures, max(gap) as gap from judged group by use_id) as judged
        on judged.use_id = use.use_id
) as decided;
