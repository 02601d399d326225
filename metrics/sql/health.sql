-- Purpose: what an admin looks at each morning: what waits and since when, what failed, what stands still.
-- One row. Each queue is asked by the index its workers use, so empty ones cost nothing.
--   touched, touched_at         customers whose facts changed and whose scores wait
--   imports, imports_at         files on their way in (also those a killed worker left)
--   mails, mails_at             messages that were due and have not gone out; unknown: results of the last 30 days
--                               nobody has settled; paused: domains whose server refuses us
--   news, news_at, dead         webhooks waiting, and given up in the last 7 days
--   reports_failed              mailed reports that failed in the last 30 days
--   suppressed, bounced         addresses stopped in the last 30 days, and those of them that do not exist
--   half_done                   open periods of figures where no fill has ended for two hours; marked: months waiting to be redone
--   bytes                       of the database on disk
-- Parameters: now, ways (channels that are sent without a person), most (of a queue counted).
-- Reads: the queues' tables.
SELECT (SELECT count(*) FROM (SELECT 1 FROM customers_touched LIMIT %(most)s) AS t) AS touched,
       (SELECT at FROM customers_touched ORDER BY id LIMIT 1) AS touched_at,
       i.count AS imports, i.at AS imports_at,
       m.count AS mails, m.at AS mails_at,
       (SELECT count(*) FROM campaigns_delivery
         WHERE state = 'unknown' AND settled_by_id IS NULL AND settled_at > %(now)s - INTERVAL '30 days'
           AND campaign_id IN (SELECT id FROM campaigns_campaign WHERE launched_at > %(now)s - INTERVAL '60 days')
       ) AS unknown,
       (SELECT count(*) FROM campaigns_domainpause WHERE lifted_at IS NULL) AS paused,
       w.count AS news, w.at AS news_at,
       (SELECT count(*) FROM accounts_webhookmessage
         WHERE state = 'dead' AND settled_at > %(now)s - INTERVAL '7 days') AS dead,
       (SELECT count(*) FROM metrics_reportmail
         WHERE state IN ('failed', 'unknown') AND due_at > %(now)s - INTERVAL '30 days') AS reports_failed,
       s.count AS suppressed, s.bounced,
       (SELECT count(*) FROM metrics_fill
         WHERE done_at IS NULL AND NOT EXISTS (
             SELECT 1 FROM metrics_fill r WHERE r.metric = 'run' AND r.started_at > %(now)s - INTERVAL '2 hours')
       ) AS half_done,
       (SELECT count(DISTINCT (kind, month)) FROM metrics_stale) AS marked,
       pg_database_size(current_database()) AS bytes
  FROM (SELECT count(*), min(created_at) AS at FROM customers_import
         WHERE state IN ('queued', 'staging', 'applying', 'undoing')) AS i,
       (SELECT (SELECT count(*)
                  FROM (SELECT 1 FROM campaigns_delivery d
                         WHERE d.state IN ('pending', 'deferred') AND d.due_at <= %(now)s AND d.channel = ANY (%(ways)s)
                           AND d.campaign_id IN (SELECT id FROM campaigns_campaign WHERE state = 'running')
                         LIMIT %(most)s) AS due) AS count,
               (SELECT min(o.due_at)
                  FROM campaigns_campaign c
                 CROSS JOIN unnest(%(ways)s::text[]) AS w (channel)
                 CROSS JOIN LATERAL (
                     SELECT d.due_at FROM campaigns_delivery d
                      WHERE d.campaign_id = c.id AND d.channel = w.channel AND d.state IN ('pending', 'deferred')
                        AND d.due_at <= %(now)s
                      ORDER BY d.due_at LIMIT 1) AS o
                 WHERE c.state = 'running') AS at) AS m,
       (SELECT count(*), min(next_at) AS at FROM accounts_webhookmessage
         WHERE state = 'waiting' AND next_at <= %(now)s) AS w,
       (SELECT count(*), count(*) FILTER (WHERE reason = 'bounced') AS bounced FROM customers_suppression
         WHERE lifted_at IS NULL AND at > %(now)s - INTERVAL '30 days') AS s
