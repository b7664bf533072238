-- Broken parent chains: a matched token whose parent was never issued, in declared coverage of the parent's whole
-- possible life, at an issuer whose other chains are whole. Inherited by every token minted from it.
-- Reads: use, link, issuance, class_declared, stream. Appends to: judged.
create or replace temp table known_parent as
select distinct token_key as id from issuance where token_key is not null and outcome <> 'failure'
union select distinct family from issuance where family is not null and token_key is not null and parent_id is null
union select distinct session_key from issuance where session_key is not null and parent_id is null;

create or replace temp table chain as
select issuance.event_id as issuance_id, issuance.authority, issuance.token_key, issuance.parent_id as parent,
    coalesce(issuance.issued_at, issuance.time) as issued_at,
    known_parent.id is not null as whole
from issuance left join known_parent on lower(known_parent.id) = lower(issuance.parent_id)
where issuance.parent_id is not null and issuance.outcome = 'success';

create or replace temp table orphan as
select chain.issuance_id, chain.token_key, chain.parent from chain
join (select authority from chain group by authority
      having count(*) filter (where whole) >= 9 * count(*) filter (where not whole)
         and count(*) filter (where whole) > 0) as sound on sound.authority = chain.authority
where not chain.whole;

insert into judged
select distinct use.use_id, 'parent', 'unissued', 'declared',
    'its parent ' || orphan.parent || ' was never issued', cast(null as varchar)
from use
join link on link.use_id = use.use_id and link.agrees
join orphan on orphan.issuance_id = link.issuance_id
join stream on stream.stream = use.stream
join class_declared as span on span.authority = use.authority and span.family = stream.family
    and span.principal_type = coalesce(use.principal_type, 'user')
    and span.begins <= use.time - interval '90 days' and use.time < span.ends;
