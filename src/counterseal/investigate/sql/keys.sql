-- Every key given or seen, with its history. Reads: given_key, use_all_times, issuance. Makes: key.
-- Keys are known by (realm, key_id). A key id seen only in logs is `seen`, in the realm of the resource that took it.
create or replace temp table seen_key as
select key_id, realm, min(time) as first_seen, max(time) as last_seen,
    count(*) filter (where what = 'use') as uses, count(*) filter (where what = 'issuance') as issuances
from (select key_id, realm, time, case when outcome = 'refused' then 'attempt' else 'use' end as what
      from use_all_times where key_id is not null
      union all select key_id, realm, time, 'issuance' from issuance where key_id is not null)
group by key_id, realm;

create or replace temp table key as
select given_key.realm, given_key.key_id, given_key.state, given_key.not_before, given_key.not_after,
    given_key.retired_at, given_key.revoked_at, given_key.complete, given_key.given, seen.first_seen, seen.last_seen,
    coalesce(seen.uses, 0) as uses, coalesce(seen.issuances, 0) as issuances
from given_key left join (select key_id, min(first_seen) as first_seen, max(last_seen) as last_seen, sum(uses) as uses,
                              sum(issuances) as issuances from seen_key group by key_id) as seen
    on seen.key_id = given_key.key_id
union all
select coalesce(realm, ''), key_id, 'seen', null, null, null, null, false, false, first_seen, last_seen, uses, issuances
from seen_key where key_id not in (select key_id from given_key);
