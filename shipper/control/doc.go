// Package control lets commands ask the shipper that runs on a data folder.
//
// What enters: requests of the same user on this machine, HTTP over the Unix socket
// control.sock in the data folder (mode 0600, its path as long as it may be). What leaves:
// the shipper's Status, and the Progress of backfills that it is asked for.
//
//	GET  /status          Status
//	POST /backfill        {"globs":["/var/log/*.gz"]} → {"id":1}
//	GET  /backfill?id=1   Progress
//
// What is guaranteed: there is one owner of a data folder and so of what was shipped. A
// command asks the shipper that runs; where none runs, Backfill runs one itself, and
// Status tells what the checkpoint and the files say. A request has a bounded size and
// time. A shipper whose socket cannot be made ships all the same.
package control
