-- One step: what was minted from an orphan is one too. Reads: chain. Adds to: orphan, until a step adds nothing.
create or replace temp table heir as
select chain.issuance_id, chain.token, chain.authority, min(orphan.root) as root
from chain join orphan on orphan.authority = chain.authority and orphan.token = chain.parent
where not exists (select 1 from orphan as known where known.issuance_id = chain.issuance_id)
group by chain.issuance_id, chain.token, chain.authority;

insert into orphan select * from heir;
