-- Shared SQL functions for sources and judgement. Each is total: what cannot be read is null.
--
-- A macro's argument is pasted wherever it is named. Two habits follow (each measured on 200,000 records):
-- the common spelling is tested first and cheaply, in a `case` whose other branch then sees almost no rows; and what a
-- rare branch uses often is bound once by a one-element list: `list_transform([expression], lambda x: … x … x …)[1]`
-- reads "let x be expression in …". `substr` and `concat` are several times faster than `[a:b]` and `||`.

-- The Value of a Name/Value list entry (Microsoft's audit records), null if there is none.
create or replace macro named(pairs, wanted) as
  list_filter(pairs, lambda p: lower(trim(p.Name)) = lower(wanted))[1].Value;

-- Text that says nothing: empty, the word null, N/A, a dash.
create or replace macro said(t) as
  case when regexp_full_match(t, '\s*(?i:null|n/a|-|none|not available|undefined)?\s*') then null else trim(t) end;

-- "True", "true", 1, "1" -> true; "False" … -> false; anything else null.
create or replace macro flag(t) as
  case lower(trim(t::varchar)) when 'true' then true when '1' then true
                               when 'false' then false when '0' then false end;

-- Whole numbers in any spelling: 12, "12", "1.0", "1156492.00", "1e9".
create or replace macro whole(t) as
  case when abs(try_cast(trim(t::varchar) as double)) < 9e15 then try_cast(try_cast(trim(t::varchar) as double) as bigint) end;

-- An instant, UTC. No zone written means UTC (Microsoft's audit records). Seven and nine digit fractions,
-- Z, offsets, trailing blanks, "UTC", US "5/18/2021 9:13:33 PM" with or without a comma. Never "now".
-- The first branch may cast straight to TIMESTAMP because it admits no offset: that cast would ignore one.
create or replace macro utc(written) as
  case when regexp_full_match(written, '\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?Z?\s*') then try_cast(written as timestamp)
       else list_transform([trim(written)], lambda t: coalesce(
         case when regexp_matches(t, '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d') then
           cast(try_cast(regexp_replace(regexp_replace(t, '(\.\d{6})\d+', '\1'), '\s*(UTC|GMT)$', 'Z') as timestamptz)
                as timestamp) end,
         case when regexp_matches(t, '^\d{1,2}/\d{1,2}/\d{4},? \d{1,2}:\d\d') then
           coalesce(try_strptime(replace(t, ',', ''), '%m/%d/%Y %I:%M:%S.%f %p'),
                    try_strptime(replace(t, ',', ''), '%m/%d/%Y %I:%M:%S %p'),
                    try_strptime(replace(t, ',', ''), '%m/%d/%Y %I:%M %p'),
                    try_strptime(replace(t, ',', ''), '%m/%d/%Y %H:%M:%S')) end))[1] end;

-- Seconds or milliseconds since 1970 as a number or its text.
create or replace macro epoch_utc(t) as
  case when try_cast(trim(t::varchar) as double) between 1e8 and 4e9
         then make_timestamp(cast(round(try_cast(trim(t::varchar) as double) * 1e6) as bigint))
       when try_cast(trim(t::varchar) as double) between 1e11 and 4e12
         then make_timestamp(cast(round(try_cast(trim(t::varchar) as double) * 1e3) as bigint)) end;

create or replace macro is_guid(t) as
  regexp_full_match(t, '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}');

-- 32 hex digits of 16 bytes in .NET order -> GUID text.
create or replace macro guid_of_hex(digits) as
  list_transform([digits], lambda h: concat(
    substr(h, 7, 2), substr(h, 5, 2), substr(h, 3, 2), substr(h, 1, 2), '-', substr(h, 11, 2), substr(h, 9, 2), '-',
    substr(h, 15, 2), substr(h, 13, 2), '-', substr(h, 17, 4), '-', substr(h, 21, 12)))[1];

-- base64url or base64 as base64.
create or replace macro plain_base64(t) as replace(replace(t, '-', '+'), '_', '/');

-- A token id in its comparable form: 22 characters (base64url of GUID bytes), 48 (base64 of the ASCII GUID) and a
-- plain GUID all become the lower-case GUID; anything else stays as spelt. Source: real-world forms of Entra's
-- uti (Microsoft, "Track and investigate identity activities with linkable identifiers"; MSIdentityTools).
create or replace macro token_key_of(token) as
  case when is_guid(token) then lower(token)
       when regexp_full_match(token, '[A-Za-z0-9+/_-]{22}')
         then guid_of_hex(lower(hex(from_base64(plain_base64(token) || '=='))))
       when regexp_full_match(token, '[A-Za-z0-9+/_-]{48}')
         then list_transform([token], lambda t: list_transform([try(decode(from_base64(plain_base64(t))))], lambda g:
                case when is_guid(g) then lower(g) else t end)[1])[1]
       else token end;

-- The address alone: "1.2.3.4:443", "[v6]:443", "[1.2.3.4]", "::ffff:1.2.3.4" and "NAME (10.9.0.1)" give the address.
create or replace macro bare_ip(address) as
  list_transform([trim(address)], lambda t:
    case when t = '' then null
         when ends_with(t, ')') then regexp_extract(t, '\((.+)\)$', 1)
         when starts_with(t, '[') then regexp_extract(t, '^\[([^\]]*)\]', 1)
         when regexp_full_match(t, '\d+\.\d+\.\d+\.\d+:\d+') then split_part(t, ':', 1)
         else t end)[1];

create or replace macro is_ip4(t) as
  regexp_full_match(t, '(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}');

-- An IPv4 address as ::ffff:a.b.c.d, of text that is one (281470681743360 is 0xffff00000000).
create or replace macro ip4_key(address) as
  list_transform([cast(string_split(address, '.') as bigint[])], lambda g:
    '00000000000000000000' || lower(hex(281470681743360 + ((g[1] * 256 + g[2]) * 256 + g[3]) * 256 + g[4])))[1];

-- An embedded IPv4 tail as two groups; null if the tail is none.
create or replace macro ip6_plain(address) as
  case when contains(address, '.')
         then list_transform([{'head': regexp_extract(address, '^(.*:)[^:]*$', 1), 'tail': split_part(address, ':', -1)}],
                lambda s: case when is_ip4(s.tail) then list_transform([ip4_key(s.tail)], lambda v:
                            concat(s.head, substr(v, 25, 4), ':', substr(v, 29, 4)))[1] end)[1]
       else address end;

-- All eight groups written: what '::' stands for is as many zeros as colons are missing.
create or replace macro ip6_whole(address) as
  list_transform([concat(case when starts_with(address, '::') then '0' end, address,
                         case when ends_with(address, '::') then '0' end)], lambda t:
    replace(t, '::', ':' || repeat('0:', greatest(0, 8 - length(t) + length(replace(t, ':', ''))))))[1];

create or replace macro ip6_key(address) as
  list_transform([ip6_whole(ip6_plain(address))], lambda t:
    case when regexp_full_match(t, '([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}')
         then array_to_string(list_transform(string_split(t, ':'), lambda g: lpad(g, 4, '0')), '') end)[1];

-- 32 hex digits, IPv4 as ::ffff:a.b.c.d; null where the text is no address. A range is `between` on this text.
create or replace macro ip_key_of(address) as
  case when is_ip4(address) then ip4_key(address)
       else list_transform([lower(split_part(bare_ip(address), '%', 1))], lambda t:
         case when contains(t, ':') then ip6_key(t) when is_ip4(t) then ip4_key(t) end)[1] end;

-- Apps that are resources, so that the acting app is the client app (Microsoft Graph, Exchange Online).
create or replace macro acting_app_of(app, client_app) as
  lower(coalesce(
    case when coalesce(lower(trim(app)), '')
              in ('', '00000003-0000-0000-c000-000000000000', '00000002-0000-0ff1-ce00-000000000000')
         then nullif(trim(client_app), '') end,
    nullif(trim(app), '')));
