// Package api is the HTTP interface of the indexer: search, context, counts, live tail, anomalies,
// coverage, metrics and health, described by openapi.yaml in this folder.
//
// What enters: HTTP requests, GET parameters or a JSON body, bounded in size. What
// leaves: JSON; search results as NDJSON, one object per line; live lines as server-sent
// events; every error as an RFC 9457 problem.
//
// What is guaranteed: a line is given byte for byte (as base64 where it is not UTF-8);
// every search ends with a summary that holds the coverage, or with an error object, so
// that a cut-off answer can be told from a whole one, and an export that fails breaks the
// connection off; a client that goes away ends its
// search. Requests of other origins and for foreign host names are refused, so that a
// page in a browser cannot read the logs behind the reader's back.
//
// What can be lost: live lines that a slow client of /api/v1/tail does not take in time;
// it is told how many.
package api
