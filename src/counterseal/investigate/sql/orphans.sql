-- Uses whose own token, matched by its id, descends from a token never issued, while somebody answers for the log.
-- Reads: use, link, orphan, stream, class_declared. Appends to: judged.
insert into judged
select distinct use.use_id, 'parent', 'unissued', 'declared',
    'its parent ' || orphan.root || ' was never issued', cast(null as varchar)
from use
join link on link.use_id = use.use_id and link.agrees and link.matched_by in ('token', 'digest')
join orphan on orphan.issuance_id = link.issuance_id
join stream on stream.stream = use.stream
join class_declared as span on span.authority = use.authority and span.family = stream.family
    and span.principal_type = coalesce(use.principal_type, 'user') and use.time < span.ends;
