// Package pipeline is the spine of Foghorn and its contract root: the types that
// travel between the parts (Line, Message, Event, Anomaly), the names and settings of
// the topics they travel on, and the small interfaces (Source, Claim, Sink, Stage) with
// the Runner that joins them.
//
//	files ─ shipper ─► logs.raw ─ parse ─► logs.events ─ indexer ─► search API
//	                                 └───► logs.matches ─ rule windows ─► anomalies
//
// What enters: raw lines with an identity (LineID), one record each, on logs.raw.
// What leaves: batches of parsed events on logs.events, partial counts on logs.matches,
// anomalies on anomalies and anomalies.state, and what could not be processed on
// logs.deadletter.
//
// What is guaranteed: a Runner commits an input offset only after every output record of
// that input was acknowledged, so nothing is lost; a record may be written twice after a
// crash, and LineID lets every reader drop the second copy (HighWater).
//
// This package imports nothing else of Foghorn. Its subfolders implement its interfaces
// and it never imports them.
package pipeline
