// Package json reads JSON (RFC 8259) from requests without making a tree of it: what
// enters is a body, what leaves are its values one by one, as parts of the body itself.
//
// What is guaranteed: memory does not grow with the input, nesting is bounded, no input
// makes it panic, and a value that is not well formed is an error that names its place.
// Numbers are not checked beyond the characters that a number may have; strings keep bytes
// that are not UTF-8 as they are. Nothing is lost.
//
// Strings are unescaped in place: the body is changed by being read, so a hash of it is
// taken first, and no value is read twice.
package json
