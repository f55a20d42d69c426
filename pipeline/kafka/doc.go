// Package kafka joins the pipeline to Kafka: it implements pipeline.Source, Claim and
// Sink, and makes and checks the topics. It is the only package that names the Kafka
// client library.
//
//	Sink.Produce ─► lane per partition ─► one request in flight ─► leader, acks=all
//	Group.Run ─► one claim per partition ─► long poll of the leader ─► work ─► commit
//
// What is guaranteed: Produce returns nil only when every record was acknowledged by all
// in-sync replicas; records of one partition are written in the order given; a group's
// offset is committed only as far as its claim said; a claim hands out every record of
// its partition once and in order, from the committed offset on, or says which are gone
// (pipeline.GapError).
//
// What can happen twice: an attempt whose answer was lost is sent again, so a run of
// records can be in the log twice, as a whole and in order; and after a crash a group
// repeats what it had not committed. LineID lets every reader drop the second copy.
//
// What can be lost: nothing that was acknowledged, as long as the broker keeps it. Records
// of transactions that other producers aborted are not filtered out.
//
// A broker that is away is waited for, with one warning in ten seconds.
package kafka
