// Package bulk reads and answers Elasticsearch's _bulk requests
// (https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk), as Filebeat,
// Fluent Bit, Vector, Logstash and the client libraries send them.
//
// What enters: the body, pairs of an action line and a document line. What leaves: each
// document as a record of an entry.Batch, its line as it was sent, so that grep sees it and
// the parser reads it as JSON; and the body of the answer, one item per action.
//
// A document is not parsed here: what begins with '{' and ends with '}' is taken, and where
// it is no JSON after all it stays a line of text that is found, instead of one that its
// sender gives up. Of times only enough is looked for to know whether an equal request is
// the same one again.
//
// Documents are only ever added: index and create do the same, an _id replaces nothing, and
// update and delete are refused, item by item, as a data stream of Elasticsearch does.
//
// What is guaranteed: one pass, memory in proportion to what the batch takes, no panic on
// any input. What can be lost: routing, versions, pipelines and _id are not kept.
package bulk
