// Package labels tells which labels the lines of a file carry: those that the
// configuration sets, those that stand in the path, and those of containers.
//
// What enters: settings, and the path of a source (of a rotated file: the path that it was
// written under). What leaves: labels, sorted by name, each name once.
//
// What is guaranteed: the same path and settings give the same labels; names are those of
// the OpenTelemetry semantic conventions where they exist. Of several values for one
// name the first of these counts:
//
//	Config.Labels     set for the files of one entry
//	Config.PathLabels read from the path
//	Config.Base       set for all files
//	container         read from the paths that Kubernetes and Docker use
//
// What can be missed: the name of a Docker container whose description cannot be read or
// is larger than 1 MiB. It then has its id alone.
package labels
