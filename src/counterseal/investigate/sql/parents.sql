-- Broken parent chains: tokens whose parent was never issued, at an issuer whose other chains are whole.
-- Reads: issuance, class_declared, coverage, rejected_text. Makes: chain, orphan (one row per issuance; root: the
-- parent never issued).
--
-- A sign-in over a SAML assertion (asserted) has the assertion as its parent, which AD FS' own log holds by its activity
-- id: a stolen signing key makes assertions that the farm knows nothing of.
create or replace temp table known_parent as
select distinct lower(id) as id from (
    select token_key as id from issuance where token_key is not null and outcome <> 'failure'
    union all select family from issuance where family is not null and token_key is not null and parent_id is null
    union all select session_key from issuance where session_key is not null and parent_id is null);

-- A client may choose the id, so the farm must have made an assertion under it in the hour before, for that person where
-- both logs write an address.
create or replace temp table answered as
select distinct issuance.event_id
from issuance join issuance as farm on farm.stream = 'signin.adfs' and farm.outcome = 'success'
    and lower(farm.family) = lower(issuance.parent_id)
    and farm.time between issuance.time - interval '1 hour' and issuance.time + interval '5 minutes'
where not (contains(farm.principal_key, '@') and contains(issuance.principal_key, '@')
           and farm.principal_key <> issuance.principal_key);

create or replace temp table chain as
select issuance.event_id as issuance_id, issuance.authority, lower(issuance.token_key) as token,
    lower(issuance.parent_id) as parent, issuance.parent_id, coalesce(issuance.issued_at, issuance.time) as issued_at,
    case when from_assertion then answered.event_id is not null else known_parent.id is not null end as whole,
    from_assertion as asserted
from (select *, coalesce(stream like 'signin.%' and contains(lower("grant"), 'saml'), false) as from_assertion
      from issuance) as issuance
left join known_parent on known_parent.id = lower(issuance.parent_id)
left join answered on answered.event_id = issuance.event_id
where issuance.parent_id is not null and issuance.outcome = 'success';

-- A parent is asked about at its first child: what a client held before the log began has children from the beginning.
create or replace temp table root as
select chain.authority, chain.asserted, chain.parent, min(chain.parent_id) as parent_id, min(chain.issued_at) as first_child
from chain
join (select authority, asserted from chain group by authority, asserted
      having count(*) filter (where whole) > 0
         and (count(*) filter (where whole) >= 9 * count(*) filter (where not whole)
              or count(distinct parent) filter (where whole) >= 9 * count(distinct parent) filter (where not whole))) as sound
    on sound.authority = chain.authority and sound.asserted = chain.asserted
where not chain.whole
group by chain.authority, chain.asserted, chain.parent;

-- Where somebody answers for the farm's log to this tenant, and where that log shows by itself that records are missing.
create or replace temp table farm_span as
select lower(tenant) as authority, begins, ends from coverage where stream = 'signin.adfs' and basis = 'declared';
create or replace temp table farm_gap as
select distinct coverage.begins, coverage.ends
from coverage join issuance on issuance.authority = coverage.tenant and issuance.stream = 'signin.adfs' and issuance.family is not null
where coverage.stream = 'signin.adfs' and coverage.basis = 'measured' and coverage.state <> 'covered';

create or replace temp table orphan as
select distinct chain.issuance_id, chain.token, root.authority, root.parent_id as root
from chain join root on root.authority = chain.authority and root.parent = chain.parent and root.asserted = chain.asserted
join class_declared as span on span.authority = root.authority
    and span.begins <= root.first_child - interval '90 days' and root.first_child < span.ends
where not chain.whole and not chain.asserted
  and not exists (select 1 from rejected_text where contains(rejected_text.raw, root.parent_id));

-- An assertion lives minutes, so the farm must be answered for in the hour before it was used, not for a session's life.
insert into orphan
select distinct chain.issuance_id, chain.token, root.authority, root.parent_id as root
from chain join root on root.authority = chain.authority and root.parent = chain.parent and root.asserted = chain.asserted
join farm_span on farm_span.authority in (root.authority, '*')
    and farm_span.begins <= root.first_child - interval '1 hour' and root.first_child < farm_span.ends
where not chain.whole and chain.asserted
  and not exists (select 1 from farm_gap where farm_gap.begins <= root.first_child and root.first_child < farm_gap.ends)
  and not exists (select 1 from rejected_text where contains(rejected_text.raw, root.parent_id));
