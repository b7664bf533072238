-- Broken parent chains: tokens whose parent was never issued, at an issuer whose other chains are whole.
-- Reads: issuance, class_declared, rejected_text. Makes: chain, orphan (one row per issuance; root: the parent never issued).
create or replace temp table known_parent as
select distinct lower(id) as id from (
    select token_key as id from issuance where token_key is not null and outcome <> 'failure'
    union all select family from issuance where family is not null and token_key is not null and parent_id is null
    union all select session_key from issuance where session_key is not null and parent_id is null);

create or replace temp table chain as
select issuance.event_id as issuance_id, issuance.authority, lower(issuance.token_key) as token,
    lower(issuance.parent_id) as parent, issuance.parent_id, coalesce(issuance.issued_at, issuance.time) as issued_at,
    known_parent.id is not null as whole
from issuance left join known_parent on known_parent.id = lower(issuance.parent_id)
where issuance.parent_id is not null and issuance.outcome = 'success';

-- A parent is asked about at its first child: what a client held before the log began has children from the beginning.
create or replace temp table root as
select chain.authority, chain.parent, min(chain.parent_id) as parent_id, min(chain.issued_at) as first_child
from chain
join (select authority from chain group by authority
      having count(*) filter (where whole) >= 9 * count(*) filter (where not whole)
         and count(*) filter (where whole) > 0) as sound on sound.authority = chain.authority
where not chain.whole
group by chain.authority, chain.parent;

create or replace temp table orphan as
select distinct chain.issuance_id, chain.token, root.authority, root.parent_id as root
from chain join root on root.authority = chain.authority and root.parent = chain.parent
join class_declared as span on span.authority = root.authority
    and span.begins <= root.first_child - interval '90 days' and root.first_child < span.ends
where not chain.whole
  and not exists (select 1 from rejected_text where contains(rejected_text.raw, root.parent_id));
