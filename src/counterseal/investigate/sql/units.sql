-- One row per use that could be judged by its own issuance: what it presented, whether that matched, whether the
-- records of that time would show it. Reads: use, use_all_times, link, stream, class_day, class_declared. Makes: unit.
--
-- Coverage is asked at the time of issuance: issued_at (Entra: from there to the first presentation, since its issue time
-- is that of the authentication), else the whole stretch in which a token of this class may have been issued before it was
-- first presented (28 hours); for a session its whole possible life (90 days) before that. A mail server's session goes
-- on for days after its token was presented.
create or replace temp table first_shown as
select authority, id_kind, id, min(time) as time
from (select authority, time, case when token_key is not null then 'token' else 'session' end as id_kind,
          coalesce(token_key, session_key) as id
      from use_all_times where token_key is not null or session_key is not null)
group by authority, id_kind, id;

create or replace temp table unit as
with identified as (
    select use.use_id, use.time, use.tenant, use.authority, coalesce(stream.family, 'any') as family,
        -- Microsoft's own accounts act without a sign-in of their own: no stream would show one.
        coalesce(use.principal_type, case when stream.family = 'entra' then 'service' else 'user' end) as principal_type,
        coalesce(use.acting_app, '') as acting_app, coalesce(use.path, '') as path,
        coalesce(use.principal_key, '') as principal_key, coalesce(use.ip_key, '') as ip_key, use.session_key,
        case when use.token_key is not null then 'token' else 'session' end as id_kind,
        coalesce(use.token_key, use.session_key) as id, use.issued_at,
        coalesce(link.agrees and (use.token_key is null or link.matched_by in ('token', 'digest')), false) as matched,
        -- The id is on record with another tuple: not missing, whatever else it is.
        coalesce(not link.agrees and link.match = 'token', false) as contradicted
    from use left join stream on stream.stream = use.stream left join link on link.use_id = use.use_id
    where use.token_key is not null or use.session_key is not null
),
presented as (
    select identified.* exclude (issued_at),
        case when identified.id_kind = 'session' then first_shown.time - interval '90 days'
             else coalesce(identified.issued_at, first_shown.time - interval '28 hours') end as born_first,
        case when identified.id_kind = 'session' then first_shown.time
             when identified.family = 'entra' then greatest(first_shown.time, coalesce(identified.issued_at, first_shown.time))
             else coalesce(identified.issued_at, first_shown.time) end as born_last
    from identified join first_shown on first_shown.authority is not distinct from identified.authority
        and first_shown.id_kind = identified.id_kind and first_shown.id = identified.id
)
select presented.*,
    coalesce(declared.declared, false) as declared,
    coalesce(day.since is not null and day.since <= cast(presented.born_first as date), false) as covered,
    case when day.since is not null and day.since <= cast(presented.born_first as date) then null
         when presented.principal_type = 'service' then 'unlinkable'
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
    bool_or(matched or contradicted) as matched
from unit where covered or declared group by all;

-- The same id may be presented by several principals or from several addresses; each of them counts it.
create or replace temp table token_sighting as
select distinct unit.tenant, unit.acting_app, unit.path, unit.principal_type, unit.id_kind, unit.id, unit.principal_key,
    unit.ip_key, unit.session_key, token_unit.matched
from unit join token_unit on token_unit.tenant is not distinct from unit.tenant and token_unit.acting_app = unit.acting_app
    and token_unit.path = unit.path and token_unit.principal_type = unit.principal_type
    and token_unit.id_kind = unit.id_kind and token_unit.id = unit.id
where unit.covered or unit.declared;
