-- One row per use that could be judged by its own issuance: what it presented, whether that matched, whether the
-- records of that time would show it. Reads: use, use_all_times, link, stream, realm, class_day, class_declared. Makes: unit.
--
-- Coverage is asked at the time of issuance: the stretch in which a token first presented then may have been issued (its
-- realm's longest lifetime, else 28 hours), or issued_at within it. Whoever forges chooses issued_at too: one after its
-- own presentation, or from before the longest lifetime, says nothing (misdated). Where no longest lifetime is given an
-- old issued_at is believed, unless the tokens that match were never shown half so old. Entra's is the time of the
-- authentication, at or before the minting. For a session: its whole possible life (90 days). A mail server's own session
-- is no issuer's, and goes on for days after its token was presented.
create or replace temp table first_shown as
select authority, id_kind, id, min(time) as time
from (select authority, time, case when token_key is not null then 'token' else 'session' end as id_kind,
          coalesce(token_key, session_key) as id
      from use_all_times where token_key is not null or session_key is not null)
group by authority, id_kind, id;

create or replace temp table oldest_shown as
select use.authority, count(distinct use.token_key) as tokens, max(date_diff('second', use.issued_at, use.time)) as seconds
from use join link on link.use_id = use.use_id and link.agrees and link.matched_by = 'token'
where use.issued_at is not null group by use.authority;

create or replace temp table unit as
with lifetime as (
    select realm, max(try_cast(value as bigint)) as seconds from realm where kind = 'max-lifetime' group by realm
),
identified as (
    select use.use_id, use.time, use.tenant, use.authority, coalesce(stream.family, 'any') as family,
        -- Microsoft's own accounts act without a sign-in of their own: no stream would show one.
        coalesce(use.principal_type, case when stream.family = 'entra' then 'service' else 'user' end) as principal_type,
        coalesce(use.acting_app, '') as acting_app, coalesce(use.path, '') as path,
        coalesce(use.principal_key, '') as principal_key, coalesce(use.ip_key, '') as ip_key, use.session_key,
        case when use.token_key is not null then 'token' else 'session' end as id_kind,
        coalesce(use.token_key, use.session_key) as id, use.issued_at, lifetime.seconds as lifetime,
        coalesce(link.agrees and (use.token_key is null or link.matched_by in ('token', 'digest')), false) as matched,
        -- The id is on record with another tuple: not missing, whatever else it is.
        coalesce(not link.agrees and link.match = 'token', false) as contradicted,
        -- On record by the issuer's answer alone: genuine, and missing in the log.
        coalesce(link.agrees and starts_with(link.issuance_id, 'answer '), false) as confirmed
    from use left join stream on stream.stream = use.stream left join link on link.use_id = use.use_id
    left join lifetime on lifetime.realm = use.realm
    where use.token_key is not null or use.session_key is not null and stream.session_from is null
        and not exists (select 1 from stream as opened where opened.session_from = use.stream)
),
dated as (
    select identified.*, first_shown.time as shown, first_shown.time - interval '1 hour' * (coalesce(identified.lifetime, 100800) / 3600.0) as earliest,
        case when identified.issued_at <= identified.time + interval '1 hour' then identified.issued_at end as claimed,
        coalesce(oldest_shown.tokens >= 20 and date_diff('second', identified.issued_at, first_shown.time)
                 > 2 * greatest(100800, oldest_shown.seconds), false) as older_than_any
    from identified join first_shown on first_shown.authority is not distinct from identified.authority
        and first_shown.id_kind = identified.id_kind and first_shown.id = identified.id
    left join oldest_shown on oldest_shown.authority = identified.authority
),
presented as (
    select dated.* exclude (issued_at, lifetime, shown, earliest, claimed, older_than_any),
        dated.id_kind = 'token' and dated.issued_at is not null
            and (dated.claimed is null or dated.family <> 'entra' and dated.claimed < dated.earliest
                 and (dated.lifetime is not null or dated.older_than_any)) as misdated,
        case when dated.id_kind = 'session' then dated.shown - interval '90 days'
             when dated.claimed is null then dated.earliest
             when dated.family = 'entra' or dated.lifetime is not null then greatest(dated.claimed, dated.earliest)
             else dated.claimed end as born_first,
        case when dated.id_kind = 'session' or dated.claimed is null then dated.shown
             when dated.family = 'entra' then greatest(dated.shown, dated.claimed)
             when dated.lifetime is not null and dated.claimed < dated.earliest then dated.shown
             else dated.claimed end as born_last
    from dated
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
    bool_or(matched and not confirmed or contradicted) as matched, bool_or(confirmed) as confirmed
from unit where covered or declared group by all;

-- The same id may be presented by several principals or from several addresses; each of them counts it.
create or replace temp table token_sighting as
select distinct unit.tenant, unit.acting_app, unit.path, unit.principal_type, unit.id_kind, unit.id, unit.principal_key,
    unit.ip_key, unit.session_key, token_unit.matched, token_unit.confirmed and not token_unit.matched as confirmed
from unit join token_unit on token_unit.tenant is not distinct from unit.tenant and token_unit.acting_app = unit.acting_app
    and token_unit.path = unit.path and token_unit.principal_type = unit.principal_type
    and token_unit.id_kind = unit.id_kind and token_unit.id = unit.id
where unit.covered or unit.declared;
