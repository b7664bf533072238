-- Shared SQL functions for sources and judgement. Each is total: what cannot be read is null.

-- The Value of a Name/Value list entry (Microsoft's audit records), null if there is none.
create or replace macro named(pairs, wanted) as
  list_filter(pairs, lambda p: lower(trim(p.Name)) = lower(wanted))[1].Value;

-- Text that says nothing: empty, the word null, N/A, a dash.
create or replace macro said(t) as
  case when trim(t) = '' or lower(trim(t)) in ('null', 'n/a', '-', 'none', 'not available', 'undefined') then null
       else trim(t) end;

-- "True", "true", 1, "1" -> true; "False" … -> false; anything else null.
create or replace macro flag(t) as
  case lower(trim(t::varchar)) when 'true' then true when '1' then true
                               when 'false' then false when '0' then false end;

-- Whole numbers in any spelling: 12, "12", "1.0", "1156492.00", "1e9".
create or replace macro whole(t) as
  case when abs(try_cast(trim(t::varchar) as double)) < 9e15 then try_cast(try_cast(trim(t::varchar) as double) as bigint) end;

-- An instant, UTC. No zone written means UTC (Microsoft's audit records). Seven and nine digit fractions,
-- Z, offsets, trailing blanks, "UTC", US "5/18/2021 9:13:33 PM" with or without a comma. Never "now".
create or replace macro utc(written) as
  list_transform([trim(written)], lambda t: coalesce(
    case when regexp_matches(t, '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d') then
      cast(try_cast(regexp_replace(regexp_replace(t, '(\.\d{6})\d+', '\1'), '\s*(UTC|GMT)$', 'Z') as timestamptz)
           as timestamp) end,
    case when regexp_matches(t, '^\d{1,2}/\d{1,2}/\d{4},? \d{1,2}:\d\d') then
      coalesce(try_strptime(replace(t, ',', ''), '%m/%d/%Y %I:%M:%S.%f %p'),
               try_strptime(replace(t, ',', ''), '%m/%d/%Y %I:%M:%S %p'),
               try_strptime(replace(t, ',', ''), '%m/%d/%Y %I:%M %p'),
               try_strptime(replace(t, ',', ''), '%m/%d/%Y %H:%M:%S')) end))[1];

-- Seconds or milliseconds since 1970 as a number or its text.
create or replace macro epoch_utc(t) as
  case when try_cast(trim(t::varchar) as double) between 1e8 and 4e9
         then make_timestamp(cast(round(try_cast(trim(t::varchar) as double) * 1e6) as bigint))
       when try_cast(trim(t::varchar) as double) between 1e11 and 4e12
         then make_timestamp(cast(round(try_cast(trim(t::varchar) as double) * 1e3) as bigint)) end;

create or replace macro is_guid(t) as
  regexp_full_match(t, '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}');

-- A macro's argument is pasted wherever it is named, so what is used twice is bound once by a one-element list:
-- `list_transform([expression], lambda x: … x … x …)[1]` reads "let x be expression in …". (Pasting cost seconds.)

-- 32 hex digits of 16 bytes in .NET order -> GUID text.
create or replace macro guid_of_hex(digits) as
  list_transform([digits], lambda h:
    h[7:8] || h[5:6] || h[3:4] || h[1:2] || '-' || h[11:12] || h[9:10] || '-' || h[15:16] || h[13:14]
    || '-' || h[17:20] || '-' || h[21:32])[1];

-- A token id in its comparable form: 22 characters (base64url of GUID bytes), 48 (base64 of the ASCII GUID) and a
-- plain GUID all become the lower-case GUID; anything else stays as spelt. Source: real-world forms of Entra's
-- uti (Microsoft, "Track and investigate identity activities with linkable identifiers"; MSIdentityTools).
create or replace macro token_key_of(token) as
  list_transform([token], lambda t:
    case length(t)
      when 36 then case when is_guid(t) then lower(t) else t end
      when 22 then case when regexp_full_match(t, '[A-Za-z0-9_-]{22}')
                        then guid_of_hex(lower(hex(from_base64(translate(t, '-_', '+/') || '==')))) else t end
      when 48 then case when regexp_full_match(t, '[A-Za-z0-9+/_-]{48}')
                        then list_transform([try(decode(from_base64(translate(t, '-_', '+/'))))], lambda g:
                               case when is_guid(g) then lower(g) else t end)[1] else t end
      else t end)[1];

-- The address alone: "1.2.3.4:443", "[v6]:443", "[1.2.3.4]", "::ffff:1.2.3.4" and "NAME (10.9.0.1)" give the address.
create or replace macro bare_ip(address) as
  list_transform([trim(address)], lambda t:
    case when t is null or t = '' then null
         when ends_with(t, ')') then regexp_extract(t, '\((.+)\)$', 1)
         when starts_with(t, '[') then regexp_extract(t, '^\[([^\]]*)\]', 1)
         when regexp_full_match(t, '\d+\.\d+\.\d+\.\d+:\d+') then split_part(t, ':', 1)
         else t end)[1];

create or replace macro ip4_hex(address) as
  list_transform([address], lambda t:
    case when regexp_full_match(t, '(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}')
         then printf('%02x%02x%02x%02x', cast(split_part(t, '.', 1) as int), cast(split_part(t, '.', 2) as int),
                     cast(split_part(t, '.', 3) as int), cast(split_part(t, '.', 4) as int)) end)[1];

-- The eight groups of an IPv6 address: an embedded IPv4 tail as two groups, '::' filled with zeros.
create or replace macro ip6_parts(side) as list_filter(string_split(side, ':'), lambda g: g <> '');
create or replace macro ip6_groups(address) as
  list_transform([case when contains(address, '.')
                       then list_transform([ip4_hex(split_part(address, ':', -1))], lambda v:
                              regexp_extract(address, '^(.*:)[^:]*$', 1) || v[1:4] || ':' || v[5:8])[1]
                       else address end], lambda t:
    case when contains(t, '::')
         then list_transform([{'l': ip6_parts(split_part(t, '::', 1)), 'r': ip6_parts(split_part(t, '::', 2))}], lambda s:
                list_concat(s.l, list_transform(range(greatest(0, 8 - len(s.l) - len(s.r))), lambda i: '0'), s.r))[1]
         else string_split(t, ':') end)[1];
create or replace macro ip6_hex(address) as
  list_transform([ip6_groups(address)], lambda g:
    case when len(g) = 8 and len(list_filter(g, lambda x: regexp_full_match(x, '[0-9a-f]{1,4}'))) = 8
         then array_to_string(list_transform(g, lambda x: lpad(x, 4, '0')), '') end)[1];

-- 32 hex digits, IPv4 as ::ffff:a.b.c.d; null where the text is no address. A range is `between` on this text.
create or replace macro ip_key_of(address) as
  list_transform([split_part(bare_ip(address), '%', 1)], lambda t:
    case when contains(t, ':') then ip6_hex(lower(t)) else '00000000000000000000ffff' || ip4_hex(t) end)[1];

-- Apps that are resources, so that the acting app is the client app (Microsoft Graph, Exchange Online).
create or replace macro acting_app_of(app, client_app) as
  lower(case when nullif(trim(client_app), '') is not null
              and (nullif(trim(app), '') is null
                   or lower(app) in ('00000003-0000-0000-c000-000000000000', '00000002-0000-0ff1-ce00-000000000000'))
             then client_app else nullif(trim(app), '') end);
