// Package loki reads push requests of Grafana Loki
// (https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs), as Promtail,
// Alloy, Fluent Bit, Vector and Docker's driver send them: protobuf (logproto.PushRequest,
// decompressed) and JSON.
//
// What enters: the body. What leaves: each entry as a record whose line is the entry's, in
// an entry.Batch; labels of the stream and structured metadata become attributes.
//
// Labels that say what an event has a field for: host, hostname, instance, node and others
// name the host of the source, service_name, service, app, job, container and others the
// service, in this order; level, detected_level and severity the level, trace_id and
// span_id the ids. A stream is a source of its own, so its entries keep their order.
//
// What is guaranteed: one pass, memory in proportion to what the batch takes, no panic on
// any input. As in Loki, a stream whose labels cannot be read is refused alone, and the
// error names it; a body that cannot be read is refused whole.
//
// What can be lost: nothing but what entry says.
package loki
