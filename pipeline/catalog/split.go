package catalog

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"

	"foghorn/pipeline/templates"
)

// SplitID is the id of the lines of a template that have a split's text: a hash of both,
// written as the ids of templates are.
func SplitID(id, text string) string {
	return fmt.Sprintf("%016x", xxhash.Sum64String(id+"\x00"+text))
}

// SplitText returns the text of a split: t's text with a value in the place of its n-th
// variable, from 1.
func SplitText(t *templates.Template, n int, value string) (string, error) {
	if n < 1 || n >= len(t.Parts) {
		return "", fmt.Errorf("expected the number of a variable, 1 to %d, found %d", len(t.Parts)-1, n)
	}
	value = strings.Join(strings.Fields(value), " ")
	if value == "" || strings.Contains(value, templates.Wildcard) {
		return "", fmt.Errorf("expected the value that variable %d has in the lines to split off", n)
	}
	var b strings.Builder
	for i, part := range t.Parts {
		if b.WriteString(part); i+1 == n {
			b.WriteString(value)
		} else if i+1 < len(t.Parts) {
			b.WriteString(templates.Wildcard)
		}
	}
	return b.String(), nil
}

// split is a Curation's split, ready to be matched.
type split struct {
	id    string
	parts [][]byte // between the wildcards
}

func newSplit(id, text string) split {
	s := split{id: SplitID(id, text)}
	for part := range strings.SplitSeq(text, templates.Wildcard) {
		s.parts = append(s.parts, []byte(part))
	}
	return s
}

// matches says whether a message, its runs of white space taken as one space, has the
// split's text. Only messages of the split's template are asked, so that what a wildcard
// takes needs no care.
func (s *split) matches(message []byte) bool {
	first, last := s.parts[0], s.parts[len(s.parts)-1]
	if len(s.parts) == 1 {
		return bytes.Equal(message, first)
	}
	if !bytes.HasPrefix(message, first) || !bytes.HasSuffix(message[len(first):], last) {
		return false
	}
	message = message[len(first) : len(message)-len(last)]
	for _, part := range s.parts[1 : len(s.parts)-1] {
		i := bytes.Index(message, part)
		if i < 0 {
			return false
		}
		message = message[i+len(part):]
	}
	return true
}

// spaced appends the message with its runs of white space as one space each.
func spaced(b, message []byte) []byte {
	for i, word := range bytes.Fields(message) {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, word...)
	}
	return b
}
