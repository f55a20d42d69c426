package query

import (
	"fmt"
	"unicode/utf8"
)

// Error tells where a query is wrong and what was expected there.
type Error struct {
	// Column is where the fault is, counted in characters from 1.
	Column int
	// Message says what is wrong, Expected what would have been right (it may be empty).
	Message, Expected string
}

// Error gives "column 14: expected a value after "status:>=""; a message that has a fault
// and an expectation gives both.
func (e *Error) Error() string {
	switch {
	case e.Expected == "":
		return fmt.Sprintf("column %d: %s", e.Column, e.Message)
	case e.Message == "":
		return fmt.Sprintf("column %d: expected %s", e.Column, e.Expected)
	}
	return fmt.Sprintf("column %d: %s; expected %s", e.Column, e.Message, e.Expected)
}

// errorAt makes an Error for byte offset pos of text.
func errorAt(text string, pos int, message, expected string) *Error {
	return &Error{Column: utf8.RuneCountInString(text[:min(pos, len(text))]) + 1, Message: message, Expected: expected}
}
