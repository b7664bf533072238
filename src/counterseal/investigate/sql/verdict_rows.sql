-- verdicts.parquet as core.case names its columns. Reads: verdict, use, hit, actor_of_use, words. Makes: verdict_row.
create or replace temp table evidence_of_use as
select use_id, list_sort(array_agg(distinct {'file': support_file, 'record': support_record})) as support
from hit where support_file is not null group by use_id;

create or replace temp table said_of_use as
select use_id, list_transform(told, lambda t: t.reason) as reasons, list_transform(told, lambda t: t.says) as says
from (select use_id, list_sort(array_agg({'reason': reason, 'says': says})) as told
      from (select use_id, reason, min(says) as says from hit group by use_id, reason) group by use_id);

create or replace view verdict_row as
select verdict.use_id, use.time, use.source, use.stream, use.realm, use.tenant, use.principal, use.principal_type,
    use.mailbox, use.operation, use.path, use.token_id, use.session_id, use.key_id, use.app_id, use.client_app_id,
    use.client_ip, use.user_agent, verdict.verdict,
    coalesce(said_of_use.reasons, [verdict.gap]) as reasons,
    coalesce(said_of_use.says, [coalesce(words.says, verdict.gap)]) as says,
    verdict.basis, verdict.match, verdict.background, actor_of_use.actor,
    list_concat([{'file': use.evidence_file, 'record': use.evidence_record}],
                coalesce(evidence_of_use.support, [])) as support,
    use.evidence_file, use.evidence_record, use.evidence_offset
from verdict join use on use.use_id = verdict.use_id
left join said_of_use on said_of_use.use_id = verdict.use_id
left join evidence_of_use on evidence_of_use.use_id = verdict.use_id
left join actor_of_use on actor_of_use.use_id = verdict.use_id
left join words on words.code = verdict.gap
where verdict.verdict <> 'issued';
