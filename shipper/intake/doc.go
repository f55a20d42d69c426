// Package intake takes logs over HTTP from agents that people already run, and answers each
// as the system does that the agent was made for:
//
//	POST /v1/logs  /otlp/v1/logs           OpenTelemetry (OTLP/HTTP)       package otlp
//	POST /loki/api/v1/push                 Promtail, Alloy, Docker's driver  package loki
//	POST /_bulk  /{index}/_bulk            Filebeat, Logstash, Fluent Bit    package bulk
//	POST /api/v1/push                      curl: lines of text
//
//	request ─► bounds ─► decompress ─► decode (entry.Batch) ─► spool ─► answer
//
// What enters: requests. What leaves: one batch per request in the spool, all of it or
// nothing; from there it goes to logs.raw as the lines of files do.
//
// What is guaranteed:
//
//   - A success is answered when the lines are durable in the spool, not before.
//   - A full spool is 429 with Retry-After, and nothing of the request is taken: agents
//     hold back, as they do before the original.
//   - A request that is sent again, because its answer was lost, is answered as a success
//     and its lines are not taken twice, also after this process was killed. It is known
//     by its content, sender and tenant, and only where a record tells a time finer than a
//     second, or has an id of its own; other equal requests may be meant.
//   - Requests are bounded in size before and after decompression, in records, in depth,
//     in time and in number; what all of them hold at once is bounded too.
//   - Contents of requests are never logged. The server listens on loopback unless told
//     otherwise, takes nothing from web pages (a request with an Origin is refused), and
//     can ask for a token and speak TLS; both are read again when their files change.
//
// What can be lost: what a sender gives up because it was refused, which is counted.
package intake
