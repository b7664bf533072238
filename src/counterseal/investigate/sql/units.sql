-- One row per use that could be judged by its own issuance: what it presented, whether that matched, whether the
-- records of that time would show it. Reads: use, link, stream, class_day, class_declared. Makes: unit.
--
-- Coverage is asked at the time of issuance: issued_at, else the whole stretch in which a token of this class may have
-- been issued before its use (28 hours); for a session its whole possible life (90 days).
create or replace temp table unit as
with presented as (
    select use.use_id, use.time, use.tenant, use.authority, coalesce(use.principal_type, 'user') as principal_type,
        coalesce(stream.family, 'any') as family, coalesce(use.acting_app, '') as acting_app, coalesce(use.path, '') as path,
        coalesce(use.principal_key, '') as principal_key, coalesce(use.ip_key, '') as ip_key, use.session_key,
        case when use.token_key is not null then 'token' else 'session' end as id_kind,
        coalesce(use.token_key, use.session_key) as id,
        case when use.token_key is not null then coalesce(use.issued_at, use.time - interval '28 hours')
             else use.time - interval '90 days' end as born_first,
        case when use.token_key is not null then coalesce(use.issued_at, use.time) else use.time end as born_last,
        coalesce(link.agrees and (use.token_key is null or link.matched_by in ('token', 'digest')), false) as matched
    from use left join stream on stream.stream = use.stream left join link on link.use_id = use.use_id
    where use.token_key is not null or use.session_key is not null
)
select presented.*,
    coalesce(declared.declared, false) as declared,
    coalesce(day.since is not null and day.since <= cast(presented.born_first as date), false) as covered,
    case when day.since is not null and day.since <= cast(presented.born_first as date) then null
         when day.day is null then 'not-exported'
         when day.reason is not null then day.reason
         else 'not-exported' end as gap
from presented
left join class_day as day on day.authority = presented.authority and day.family = presented.family
    and day.principal_type = presented.principal_type and day.day = cast(presented.born_last as date)
left join (select distinct use_id, true as declared from presented
           join class_declared as span on span.authority = presented.authority and span.family = presented.family
               and span.principal_type = presented.principal_type
               and span.begins <= presented.born_first and presented.born_last < span.ends) as declared
    on declared.use_id = presented.use_id;

-- Distinct tokens (or sessions) in coverage, each with the principal, address and session it was first seen with.
create or replace temp table token_unit as
select tenant, acting_app, path, principal_type, id_kind, id,
    min(principal_key) as principal_key, min(ip_key) as ip_key, min(session_key) as session_key,
    bool_or(matched) as matched
from unit where covered or declared group by all;

-- The same id may be presented by several principals or from several addresses; each of them counts it.
create or replace temp table token_sighting as
select distinct unit.tenant, unit.acting_app, unit.path, unit.principal_type, unit.id_kind, unit.id, unit.principal_key,
    unit.ip_key, unit.session_key, token_unit.matched
from unit join token_unit on token_unit.tenant is not distinct from unit.tenant and token_unit.acting_app = unit.acting_app
    and token_unit.path = unit.path and token_unit.principal_type = unit.principal_type
    and token_unit.id_kind = unit.id_kind and token_unit.id = unit.id
where unit.covered or unit.declared;
