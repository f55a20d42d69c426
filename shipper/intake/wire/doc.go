// Package wire reads and writes the protobuf wire format field by field
// (https://protobuf.dev/programming-guides/encoding/).
//
// What enters: the bytes of a message. What leaves: its fields, whose bytes are parts of
// the message. What is guaranteed: no memory is taken, whatever the input, and what is not
// well formed is ErrMalformed. Nothing is lost: fields that nobody asks for are passed
// over, as the format wants.
package wire
