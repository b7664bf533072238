-- Each use beside its best issuance. Reads: use, issuance, stream. Makes: link, incomparable.
--
-- We match the tuple (id, principal, app, audience, iat within a margin) on the fields that both sides log, since the
-- forger chooses the id. `differs` names the fields that contradict; `agrees` is: none does. A field that contradicts for
-- most tokens of a stream, of several people, is written differently in the two logs: it is no part of the tuple there.

create or replace temp table minted as
select issuance.event_id as issuance_id, issuance.time, coalesce(issuance.issued_at, issuance.time) as issued_at,
    issuance.principal_key, issuance.principal_id, issuance.acting_app, lower(issuance.audience) as audience,
    lower(issuance.issuer) as issuer, issuance.key_id, issuance.digest, issuance.token_key, issuance.session_key,
    issuance.authority, coalesce(stream.accuses, true) as direct
from issuance left join stream on stream.stream = issuance.stream
where issuance.outcome = 'success';

create or replace temp table presented as
select use_id, stream, time, principal_key, principal_id, principal_type, acting_app, lower(app_id) as app_id, lower(client_app_id) as client_app_id,
    lower(audience) as audience, lower(issuer) as issuer, key_id, digest, token_key, session_key, issued_at, authority
from use where digest is not null or token_key is not null or session_key is not null or issued_at is not null;

-- Two spellings of a person are compared only where both are addresses or neither is.
create or replace temp table candidate as
select presented.use_id, minted.issuance_id, minted.issued_at, minted.direct, minted.authority, 'token' as match,
    -- A guest has another object id and often another name at home.
    case when presented.principal_type = 'guest' then false
         when presented.principal_id is not null and minted.principal_id is not null
              then presented.principal_id <> minted.principal_id
         when contains(presented.principal_key, '@') = contains(minted.principal_key, '@')
              then presented.principal_key <> minted.principal_key else false end as other_principal,
    -- A record that names only the resource (Graph, Exchange Online) does not say which app acted.
    coalesce(presented.acting_app not in ('00000003-0000-0000-c000-000000000000', '00000002-0000-0ff1-ce00-000000000000')
        and minted.acting_app not in (presented.acting_app, coalesce(presented.app_id, ''),
        coalesce(presented.client_app_id, '')), false) as other_app,
    -- A log may join several audiences with blanks: one in common is enough. A side that names none contradicts nothing.
    coalesce(presented.audience is not null and minted.audience is not null
        and not list_contains(list_transform(string_split(presented.audience, ' '),
            lambda a: list_contains(string_split(minted.audience, ' '), a)), true), false) as other_audience,
    coalesce(presented.issuer <> minted.issuer, false) as other_issuer,
    coalesce(presented.key_id <> minted.key_id, false) as other_key,
    -- Where the use says when its token was issued, only that counts: its own clock may be wrong.
    case when presented.issued_at is not null then presented.issued_at > minted.issued_at + interval '5 minutes'
         else presented.time < minted.issued_at - interval '5 minutes' end as other_time
from presented join minted on presented.token_key = minted.token_key
union all
select presented.use_id, minted.issuance_id, minted.issued_at, minted.direct, minted.authority, 'digest', false, false, false, false, false, false
from presented join minted on presented.digest = minted.digest;

-- Without an id of its own a use may match by session (same person, begun before), else by person, app and instant.
insert into candidate
select presented.use_id, minted.issuance_id, minted.issued_at, minted.direct, minted.authority, 'session', false, false, false, false, false, false
from presented
join (select session_key, principal_key, principal_id, min(issued_at) as issued_at, min(issuance_id) as issuance_id,
          bool_or(direct) as direct, min(authority) as authority
      from minted where session_key is not null group by session_key, principal_key, principal_id) as minted
  on presented.session_key = minted.session_key
where not case when presented.principal_type = 'guest' then false
               when presented.principal_id is not null and minted.principal_id is not null
                    then presented.principal_id <> minted.principal_id
               when contains(presented.principal_key, '@') = contains(minted.principal_key, '@')
                    then presented.principal_key <> minted.principal_key else false end
  and minted.issued_at <= presented.time + interval '5 minutes';

-- Joined by stretches of five minutes, its own and those beside it: one app may have as many issuances as uses.
insert into candidate
select presented.use_id, minted.issuance_id, minted.issued_at, minted.direct, minted.authority, 'time', false, false, false, false, false, false
from (select use_id, principal_key, acting_app, issued_at,
          floor(date_diff('second', timestamp '2000-01-01 00:00:00', issued_at) / 300.0) + beside.step as stretch
      from presented cross join (select -1 as step union all select 0 union all select 1) as beside
      where issued_at is not null and token_key is null) as presented
join (select *, floor(date_diff('second', timestamp '2000-01-01 00:00:00', issued_at) / 300.0) as stretch from minted) as minted
  on minted.principal_key = presented.principal_key and minted.acting_app = presented.acting_app
  and minted.stretch = presented.stretch
where minted.issued_at between presented.issued_at - interval '5 minutes' and presented.issued_at + interval '5 minutes';

create or replace temp table token_compared as
select presented.stream, candidate.authority, presented.token_key, min(presented.principal_key) as principal_key,
    bool_and(other_principal) as principal, bool_and(other_app) as app, bool_and(other_audience) as audience,
    bool_and(other_issuer) as issuer, bool_and(other_key) as key, bool_and(other_time) as time
from candidate join presented on presented.use_id = candidate.use_id
where candidate.match = 'token' group by presented.stream, candidate.authority, presented.token_key;

create or replace temp table incomparable as
select counted.stream, counted.authority, counted.field
from (select stream, authority, field, count(*) as tokens, count(*) filter (where differs) as differing,
          count(distinct principal_key) filter (where differs) as people
      from (select stream, authority, principal_key, 'principal' as field, principal as differs from token_compared
            union all select stream, authority, principal_key, 'app', app from token_compared
            union all select stream, authority, principal_key, 'audience', audience from token_compared
            union all select stream, authority, principal_key, 'issuer', issuer from token_compared
            union all select stream, authority, principal_key, 'key', key from token_compared
            union all select stream, authority, principal_key, 'time', time from token_compared) as each_field
      group by stream, authority, field) as counted
where counted.differing >= 20 and 2 * counted.differing > counted.tokens and counted.people >= 3;

create or replace temp table compared as
select candidate.use_id, candidate.issuance_id, candidate.issued_at, candidate.direct, candidate.match,
    list_filter([case when other_principal and left_out.principal is null then 'principal' end,
                 case when other_app and left_out.app is null then 'app' end,
                 case when other_audience and left_out.audience is null then 'audience' end,
                 case when other_issuer and left_out.issuer is null then 'issuer' end,
                 case when other_key and left_out.key is null then 'key' end,
                 case when other_time and left_out.time is null then 'time' end],
                lambda x: x is not null) as differs
from candidate join presented on presented.use_id = candidate.use_id
left join (select stream, authority, max(case when field = 'principal' then 1 end) as principal,
               max(case when field = 'app' then 1 end) as app, max(case when field = 'audience' then 1 end) as audience,
               max(case when field = 'issuer' then 1 end) as issuer, max(case when field = 'key' then 1 end) as key,
               max(case when field = 'time' then 1 end) as time
           from incomparable group by stream, authority) as left_out
    on left_out.stream is not distinct from presented.stream and left_out.authority is not distinct from candidate.authority;

create or replace temp table link as
select use_id, issuance_id, case when direct then matched_by else 'derived' end as match, matched_by, agrees, differs
from (select * exclude (match), match as matched_by, coalesce(array_to_string(differs, ''), '') = '' as agrees from compared)
qualify row_number() over (partition by use_id order by
    case matched_by when 'digest' then 0 when 'token' then 1 when 'session' then 2 else 3 end,
    case when agrees then 0 else 1 end, case when direct then 0 else 1 end, issued_at, issuance_id) = 1;

drop table candidate; drop table presented;
