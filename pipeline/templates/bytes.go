package templates

// A mask says which classes of bytes a run of bytes holds.
type mask uint16

const (
	digit   mask = 1 << iota // 0-9
	hexes                    // a-f A-F
	letter                   // other letters, and all bytes from 0x80
	under                    // _
	dash                     // -
	dot                      // .
	colon                    // :
	slash                    // /
	back                     // \
	at                       // @
	odd                      // + % ~ $ & *
	control                  // control characters: never part of a constant
	delim                    // bytes that are tokens of their own
	space                    // white space
)

var classes = func() (t [256]mask) {
	for c := range t {
		switch {
		case c == ' ' || c >= '\t' && c <= '\r':
			t[c] = space
		case c < ' ' || c == 0x7f:
			t[c] = control
		case c >= '0' && c <= '9':
			t[c] = digit
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			t[c] = hexes
		case c|0x20 > 'f' && c|0x20 <= 'z', c >= 0x80:
			t[c] = letter
		default:
			t[c] = delim
		}
	}
	t['_'], t['-'], t['.'], t[':'], t['/'], t['\\'], t['@'] = under, dash, dot, colon, slash, back, at
	for _, c := range "+%~$&" {
		t[c] = odd
	}
	return t
}()

// maskOf joins the classes of all bytes.
func maskOf(b []byte) (m mask) {
	for _, c := range b {
		m |= classes[c]
	}
	return m
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
