package parse

import (
	"strings"
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

// maxScratch is how large a buffer may be kept for the next line.
const maxScratch = 256 << 10

// scratch is memory that the parsers of one goroutine share: kept per source it would
// cost what the longest line of every source costs.
type scratch struct {
	json  fastjson.Parser
	path  []byte // of the JSON object being read
	text  []byte // unescaped
	inner []byte // a wrapped line without escapes
	// message is the last line's, where it is no part of the line.
	message []byte
	keys    keyTable
	room    attrRoom
	used    int // by the largest JSON line since the last shrink
}

// shrink gives back what a very long line took.
func (s *scratch) shrink() {
	if s.used > maxScratch {
		s.json = fastjson.Parser{}
	}
	s.used = 0
	if cap(s.text) > maxScratch {
		s.text = nil
	}
}

// memo keeps the newest few short strings of a source (its services, hosts, spellings of
// levels), so that not every line allocates them anew.
type memo struct {
	values [8]string
	next   int
}

// maxName is the longest name kept of a service or host; a longer one is cut.
const maxName = 256

func (m *memo) get(b []byte) string {
	for i := range m.values {
		if m.values[i] == string(b) {
			return m.values[i]
		}
	}
	if len(b) > maxName {
		b = cut(b, maxName)
	}
	s := string(b)
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	m.values[m.next] = s
	m.next = (m.next + 1) % len(m.values)
	return s
}
