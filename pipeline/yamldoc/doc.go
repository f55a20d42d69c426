// Package yamldoc decodes YAML strictly into Go values and finds all faults at once,
// each with file, line and column and with what was expected: unknown keys, wrong types,
// values out of a type's form. What enters is a file's bytes; what leaves is a filled
// value and a Document that knows where each key stood, so that later checks of meaning
// can point at the same places. Nothing is guessed and nothing is dropped silently.
package yamldoc
