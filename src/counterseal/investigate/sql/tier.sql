-- What the evidence holds at best, of what a verdict can rest on. Reads: use, issuance, key, class_day, class_declared,
-- answer, verdict. Makes: tier (one row: holds, a name in investigate/tier.py; reached, the worst verdict).
create or replace temp table tier as
with held as (
    select (select count(*) from key where given) > 0 as keys_given,
        (select count(key_id) from use) > 0 as keys_named,
        (select count(digest) from use) > 0
            and (select count(*) from issuance where digest is not null and outcome = 'success') > 0 as digests,
        (select count(*) from issuance where outcome in ('revoked', 'reuse')) > 0 as taken_back,
        (select count(*) from class_day where state = 'covered') > 0
            or (select count(*) from class_declared) > 0 as covered,
        (select count(*) from answer where issued in ('yes', 'no')) > 0 as answered,
        (select count(mailbox_key) from use) > 0 as mailboxes,
        (select count(*) from use) > 0 as uses
)
select case when keys_given and keys_named then 'keys' when digests then 'digests' when taken_back and uses then 'taken-back'
            when covered and keys_named then 'covered-without-realms' when covered then 'covered'
            when answered and uses then 'answered' when mailboxes then 'mailboxes' when uses then 'uses' else 'nothing' end as holds,
    (select coalesce(arg_min(verdict, case verdict when 'forged' then 0 when 'stolen' then 1 when 'unissued' then 2
         when 'suspicious' then 3 when 'unknown' then 4 else 5 end), 'unknown') from verdict) as reached
from held;
