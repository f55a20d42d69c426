// Package checkpoint keeps how far each file was shipped, across restarts and crashes.
//
// What enters: a State, saved as a whole. What leaves: the newest State that was saved.
//
// What is guaranteed: after a kill or a power cut at any moment Load returns a State that
// was saved whole, and once Save has returned, that State or a newer one. One data folder
// belongs to one process at a time. A file that is damaged or was written by a newer
// version is an error that names the file, never an empty State.
//
//	checkpoint.json   {"version":2,"sum":"<xxhash64 of state>","state":{...}}
//	checkpoint.lock   locked while a process uses the folder
package checkpoint
