-- What binds an accused or suspicious use to others of the same actor. Reads: verdict, use, hit, provider.
-- Makes: rare_address(ip_key), binding(use_id, verdict, time, token, session, key, address, app).
--
-- A token or session binds always. A key binds only where the key itself is what was wrong. An address binds only if
-- it is no provider's and few people whose uses are above suspicion use it. An app pair binds only where it is what
-- was never seen before. An unmatched token too thin to accuse is nobody's actor.
create or replace temp table rare_address as
select used.ip_key
from (select use.ip_key,
          count(distinct case when verdict.verdict in ('issued', 'unknown') then use.principal_key end) as unaccused
      from use join verdict on verdict.use_id = use.use_id where use.ip_key is not null group by use.ip_key) as used
where used.unaccused <= 2
  and not exists (select 1 from provider where used.ip_key between provider.low and provider.high);

create or replace temp table binding as
select verdict.use_id, verdict.verdict, use.time, use.token_key as token, use.session_key as session,
    case when list_contains(verdict.reasons, 'key-outside-realm') or list_contains(verdict.reasons, 'key-retired')
           or list_contains(verdict.reasons, 'key-revoked') or list_contains(verdict.reasons, 'key-unlisted')
           or list_contains(verdict.reasons, 'key-unknown') then use.key_id end as key,
    rare_address.ip_key as address,
    case when list_contains(verdict.reasons, 'app-never-seen')
         then coalesce(use.tenant, '') || ' ' || coalesce(use.app_id, '') || ' ' || coalesce(use.client_app_id, '') end as app
from verdict join use on use.use_id = verdict.use_id
left join rare_address on rare_address.ip_key = use.ip_key
where verdict.verdict in ('forged', 'stolen', 'unissued', 'suspicious')
  and verdict.reasons <> ['not-issued-thin'];
