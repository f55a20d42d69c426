// Package ops holds what every process has besides its work: a Group that starts its parts
// and stops them in order, a watch over the room on a disk, and the small HTTP server for those who operate it:
// /metrics (Prometheus), /healthz (the process lives) and /readyz (it does its work, or
// why not). It listens on loopback unless told otherwise and serves nothing else. Profiles,
// when asked for, has a listener of its own, on loopback only.
package ops
