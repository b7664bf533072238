-- A token whose id stands in a record that could not be read may have been issued there: no accusation rests on it.
-- Reads: judged, use, rejected_text. Changes: judged.
create or replace temp table in_rejected as
select distinct lone.token_key
from (select distinct use.token_id, use.token_key from judged join use on use.use_id = judged.use_id
      where judged.state in ('unissued', 'thin') and judged.id_kind = 'token' and length(use.token_id) >= 8) as lone
join rejected_text on contains(rejected_text.raw, lone.token_id) or contains(rejected_text.raw, lone.token_key);

create or replace temp table rejudged as
select judged.use_id, judged.id_kind,
    case when in_rejected.token_key is null then judged.state else 'unknown' end as state,
    case when in_rejected.token_key is null then judged.basis end as basis, judged.figures,
    case when in_rejected.token_key is null then judged.gap else 'in-rejected-record' end as gap
from judged join use on use.use_id = judged.use_id
left join in_rejected on in_rejected.token_key = use.token_key and judged.id_kind = 'token';

drop table judged;
alter table rejudged rename to judged;
