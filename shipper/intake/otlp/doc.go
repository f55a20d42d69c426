// Package otlp reads and answers OTLP/HTTP export requests of logs
// (https://opentelemetry.io/docs/specs/otlp/), protobuf and JSON.
//
// What enters: the body of an ExportLogsServiceRequest. What leaves: its records in an
// entry.Batch, and the bodies of answers and errors in the same encoding.
//
// A record's line is its body: a string as it is, bytes as they are, anything else as JSON
// text (bytes inside as base64, as OTLP's JSON mapping has them); a record without a body
// is its event name. Attributes of resource, scope and record are attributes of the event,
// the nearer going before the farther; time, severity, trace and span are its own.
// host.name and service.name name the source.
//
// What is guaranteed: one pass, memory in proportion to what the batch takes, no panic on
// any input. A record whose values are nested too deeply is refused alone, all others are
// taken; a body that cannot be read is refused whole.
//
// What can be lost: flags, dropped_attributes_count and schema URLs are not kept.
package otlp
