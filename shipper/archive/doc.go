// Package archive reads log files that were compressed after their rotation.
//
// What enters: an open file whose name ends in .gz, .zst or .bz2, of one member or frame
// or of several one behind the other. What leaves: the bytes that were compressed, in
// order.
//
// What is guaranteed: memory is bounded whatever the file claims, to MaxWindow and a few
// MiB for each open Reader: a file that inflates to terabytes costs time and never
// memory. All that can be decompressed before a damage is given, and then ErrDamaged, or
// ErrShort where the file just ends too early, as one does that is still being written.
// An error of the file system is neither.
package archive
