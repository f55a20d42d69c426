// Package ops is the small HTTP server that every role has for those who operate it:
// /metrics (Prometheus), /healthz (the process lives) and /readyz (it does its work, or
// why not). It listens on loopback unless told otherwise and serves nothing else.
package ops
