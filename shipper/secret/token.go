package secret

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"sync/atomic"
)

// Token is a secret that senders show. It is safe for concurrent use.
type Token struct {
	path string
	now  atomic.Pointer[[sha256.Size]byte]
}

// LoadToken reads a token. Space around it does not count; an empty file is an error.
func LoadToken(path string) (*Token, error) {
	t := &Token{path: path}
	_, err := t.Refresh()
	return t, err
}

// Refresh reads the file again and says whether the token has changed. With an error the old
// one stays.
func (t *Token) Refresh() (changed bool, err error) {
	b, err := read("token", t.path)
	if err != nil {
		return false, err
	}
	if b = bytes.TrimSpace(b); len(b) == 0 {
		return false, fmt.Errorf("file with the token: %s is empty", t.path)
	}
	sum := sha256.Sum256(b)
	old := t.now.Swap(&sum)
	return old == nil || *old != sum, nil
}

// Is says whether shown is the token.
func (t *Token) Is(shown string) bool {
	have, want := sha256.Sum256([]byte(shown)), t.now.Load()
	return subtle.ConstantTimeCompare(have[:], want[:]) == 1
}
