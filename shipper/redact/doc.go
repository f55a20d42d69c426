// Package redact takes what must not leave the host out of log lines: e-mail addresses,
// credentials, card numbers, and whatever a pattern of the user's names.
//
// What enters: a line as it was read. What leaves: the line with every find replaced, or
// the very same slice when there was none, and a count per rule.
//
// What is guaranteed:
//
//   - The number of line feeds never changes: a replacement holds none, and a find never
//     reaches over one, so each original line inside a joined event is treated alone.
//   - A ready-made rule changes a line once: a line that it has treated stays as it is.
//   - Rules are applied in their order, each to what the one before it left.
//   - A rule never runs its regular expression on a line without one of the literals that
//     each of its matches must hold; a line without finds costs no allocation.
//
// What can be missed: a secret that is not written in a form that a rule names, that is
// split over two lines, or that is encoded (base64, gzip).
package redact
