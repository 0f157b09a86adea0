-- Codes for the peer: so many for each of its clients.
INSERT INTO member (tenant, link, kind, gen, key_id, code_mac, birth_mac, procs, windows, grp, mem, office_only, book_from, book_until,
                    lang, state, used_at, opened_at, last_event)
SELECT 1, lpad((c * 1000000 + n)::text, 16, '0'), 'code', 1, 'k', 'c' || c || '/' || n, '', 'receive', '', '', 0, 0,
       '2026-01-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z', '', 'ready', '', '', ''
FROM generate_series(0, :clients - 1) c, generate_series(1, :each) n;
ANALYZE;
