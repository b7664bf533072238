-- The events that are judged: copies gone, realms filled in, the session's token carried to its uses, window applied.
-- Reads: use_kept, issuance_kept, custody_kept, realm, stream. Makes: use_all_times, use, attempt, issuance, custody.

-- use.realm is the realm of the resource (tenant, then audience), never derived from the key.
create or replace temp table realm_of as
select kind, value, min(realm) as realm from realm group by kind, value having count(distinct realm) = 1;

-- A token for several audiences is logged with blanks between them: the realm is told where they name exactly one.
create or replace temp table realm_of_audience as
select said.audience, min(realm_of.realm) as realm
from (select listed.audience, part.audience as one
      from (select distinct audience from use_kept where audience is not null) as listed
      cross join unnest(string_split(lower(listed.audience), ' ')) as part(audience)) as said
join realm_of on realm_of.kind = 'audience' and realm_of.value = said.one
group by said.audience having count(distinct realm_of.realm) = 1;

-- Whose tokens a tenant takes, where its records name no issuer: those of the one issuer on whose record they are.
create or replace temp table issuer_of_tenant as
select used.tenant, min(minted.authority) as authority
from (select distinct tenant, token_key from use_kept where token_key is not null and tenant is not null
          and tenant not in (select authority from issuance_kept where authority is not null)) as used
join (select distinct token_key, authority from issuance_kept where token_key is not null and authority is not null
          and outcome = 'success') as minted on minted.token_key = used.token_key
group by used.tenant having count(distinct minted.authority) = 1;

-- A stream whose records carry a session but no token takes the token from the session's log-in, where that log-in
-- names exactly one (Dovecot: the login line has jti and kid, the mail_opened event only the session).
create or replace temp table session_token as
select stream.stream, login.tenant, login.session_key, login.principal_key,
    min(login.token_id) as token_id, min(login.token_key) as token_key, min(login.key_id) as key_id,
    min(login.issuer) as issuer, min(login.audience) as audience, min(login.issued_at) as issued_at,
    min(login.app_id) as app_id, min(login.acting_app) as acting_app, min(login.authority) as authority
from use_kept as login join stream on stream.session_from = login.stream
where login.session_key is not null and login.outcome = 'accepted' and login.token_key is not null
group by stream.stream, login.tenant, login.session_key, login.principal_key
having count(distinct login.token_key) = 1 and count(distinct coalesce(login.key_id, '')) = 1;

create or replace view use_all_times as
select kept.* exclude (event_id, realm, token_id, token_key, key_id, issuer, audience, issued_at, app_id, acting_app, authority),
    kept.event_id as use_id,
    -- A mailbox belongs to its tenant; elsewhere the audience is the resource, and the tenant only the person's address.
    case when kept.mailbox is null then coalesce(kept.realm, by_audience.realm, by_tenant.realm)
         else coalesce(kept.realm, by_tenant.realm, by_audience.realm) end as realm,
    coalesce(kept.token_id, carried.token_id) as token_id,
    coalesce(kept.token_key, carried.token_key) as token_key,
    coalesce(kept.key_id, carried.key_id) as key_id,
    coalesce(kept.issuer, carried.issuer) as issuer,
    coalesce(kept.audience, carried.audience) as audience,
    coalesce(kept.issued_at, carried.issued_at) as issued_at,
    coalesce(kept.app_id, carried.app_id) as app_id,
    coalesce(kept.acting_app, carried.acting_app) as acting_app,
    case when kept.issuer is not null then kept.authority when carried.issuer is not null then carried.authority
         else coalesce(of_tenant.authority, kept.authority) end as authority
from use_kept as kept
left join session_token as carried on kept.token_key is null and carried.stream = kept.stream
    and carried.session_key = kept.session_key and carried.tenant is not distinct from kept.tenant
    and carried.principal_key is not distinct from kept.principal_key
left join realm_of as by_tenant on by_tenant.kind = 'tenant' and by_tenant.value = lower(kept.tenant)
left join realm_of_audience as by_audience on by_audience.audience = kept.audience
left join issuer_of_tenant as of_tenant on of_tenant.tenant = kept.tenant;

-- A table, since every detection reads it; without the messages, its bulk, unless an indicator asks for one.
create or replace temp table use as
select * exclude (messages), $messages as messages from use_all_times where coalesce(outcome, 'accepted') <> 'refused' and $window;
create or replace view attempt as
select * from use_all_times where outcome = 'refused' and $window;
create or replace view issuance as
select kept.* exclude (realm), coalesce(kept.realm, by_issuer.realm, by_tenant.realm) as realm
from $issuances as kept
left join realm_of as by_issuer on by_issuer.kind = 'issuer' and by_issuer.value = lower(kept.issuer)
left join realm_of as by_tenant on by_tenant.kind = 'tenant' and by_tenant.value = lower(kept.tenant);
create or replace view custody as select * from custody_kept;
