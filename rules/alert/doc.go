// Package alert tells people and tools about anomalies: it reads the lifecycle events on
// the topic anomalies and delivers them to Alertmanager (API v2), to webhooks, and, where
// no receiver is configured, to its own log.
//
//	anomalies ─► Alerter ─┬─► queue ─► worker ─► Alertmanager
//	                      └─► queue ─► worker ─► webhook
//
// What enters: records of the topic anomalies, through a consumer group. What leaves: one
// POST for each event to each webhook; to each Alertmanager the newest state of each
// anomaly, sent again while it fires so that Alertmanager does not let it expire.
//
// What is guaranteed: an offset is committed only after every receiver has taken the
// event or it was given up, so a crash delivers again rather than not at all; an event
// read twice, (ID, Seq), is delivered once while the Alerter runs and after a restart
// unless the crash came between delivery and commit; the events of one anomaly arrive at
// a receiver in order; a receiver that is down does not hold back the others for longer
// than Config.Patience.
//
// What can be lost: events that a receiver rejects (4xx), that are older than
// Config.GiveUp, or that overflow the queue of a receiver which takes nothing for
// Config.Patience. Each is counted and logged.
package alert
