package entry

import "errors"

// Limits bound what one request makes.
type Limits struct {
	Lines int   // records of a request
	Line  int   // bytes of a line; a longer one is cut
	Attrs int   // attributes of a record, shared ones included; others are dropped
	Value int   // bytes of an attribute's value; a longer one is cut
	Size  int64 // bytes of all lines with their labels
	Depth int   // levels of nested values
}

// maxKey is the length of an attribute's name at which it is cut.
const maxKey = 128

// ErrTooLarge is wrapped when a request makes more than Limits allow. Nothing of it is
// taken; smaller requests would be.
var ErrTooLarge = errors.New("the request holds too much")
