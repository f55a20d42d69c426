package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cespare/xxhash/v2"

	"foghorn/shipper/identity"
)

// Life is what is known of a file's content from before it was compressed.
type Life struct {
	// Number names it.
	Number uint64
	// Head covers the file's beginning, Anchor the last line that was read.
	Head, Anchor identity.Print
	// First is what Head covers if that is less than identity.HeadSize, or nil.
	First []byte
	// Trail are Prints of lines before Anchor. Where there are any, an archive that ends
	// before Anchor has to hold those that it reaches.
	Trail identity.Trail
	// At is how much of it was read.
	At int64
	// Moving says that At, Anchor and Trail are those of a moment: it is still being read.
	Moving bool
	// Live is set for a file that is still there, and grows: its path. An archive is a
	// copy of it when it agrees with it to its end, judged by the first KiB and the last
	// 64; Anchor and At do not count.
	Live string
}

// Facts are what Examine found out about an archive.
type Facts struct {
	// Head covers the first bytes of its content, First are those bytes.
	Head  identity.Print
	First []byte
	// Of are the Lives whose content it is.
	Of map[uint64]Match
	// Damage is ErrDamaged or ErrShort if Examine came upon it.
	Damage error
}

// Match says how an archive's content goes on behind what was read of a Life.
type Match struct {
	// More says that it has bytes behind At.
	More bool
	// Short says that it ends before the Life's Anchor: it was copied or compressed before
	// all was written.
	Short bool
	// Sure says that a line of the Life stands in it, at its offset. Else only its first
	// bytes speak for it.
	Sure bool
}

// examined is how much is decompressed in one turn.
const examined = 1 << 20

// Examine finds out of which of lives the archive in f is. It decompresses no more than
// it needs: the first KiB, and where that is as a Life's, up to what was read of it. Before
// every MiB it calls turn, and calls what that returns behind it. The error is the file
// system's, or turn's.
func Examine(f *os.File, lives []Life, turn func() (done func(), err error)) (Facts, error) {
	x := examination{facts: Facts{Of: map[uint64]Match{}}, turn: turn}
	r, err := NewReader(f)
	if err != nil {
		return x.failed(err)
	}
	defer r.Close()
	x.r = r
	b := make([]byte, 64<<10)
	n, err := io.ReadFull(r, b[:identity.HeadSize])
	first := b[:n:n]
	x.facts.Head, x.facts.First = identity.PrintOf(0, first), append([]byte(nil), first...)
	for _, l := range lives {
		if l.Begins(first) {
			j := &judgement{life: l}
			if l.Live == "" {
				j.prints = l.Trail.Last(len(l.Trail))
				j.prints.Add(l.Anchor)
			}
			x.open = append(x.open, j)
		}
	}
	x.feed(first)
	x.last = first
	for err == nil && x.wants() {
		err = x.block(b)
	}
	for _, j := range x.open {
		switch {
		case j.life.Live != "":
			if (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) && x.agrees(j.life) {
				x.facts.Of[j.life.Number] = Match{}
			}
		case !j.wrong:
			x.facts.Of[j.life.Number] = Match{
				More: x.at > j.life.At, Short: x.at < j.life.Anchor.End(), Sure: j.held > 0,
			}
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return x.failed(err)
}

// Begins says whether first, the first bytes of a content, up to identity.HeadSize, are how
// the Life's content begins. Content that is shorter than the Life's Head is compared with
// First.
func (l *Life) Begins(first []byte) bool {
	if l.Head.Len == 0 {
		return false
	}
	if n := int64(len(first)); n < l.Head.Len {
		return n > 0 && n <= int64(len(l.First)) && string(first) == string(l.First[:n])
	}
	return xxhash.Sum64(first[:l.Head.Len]) == l.Head.Sum
}

// judgement compares one Life's lines with those that stand at their offsets.
type judgement struct {
	life   Life
	prints identity.Trail // what is still to be compared
	sum    xxhash.Digest  // of as much as was fed of the first of them
	fed    int64
	held   int // how many agreed
	wrong  bool
}

// feed takes the bytes that stand at offset.
func (j *judgement) feed(offset int64, b []byte) {
	end := offset + int64(len(b))
	for len(j.prints) > 0 && j.prints[0].Offset < end {
		p := j.prints[0]
		lo, hi := max(p.Offset, offset), min(p.End(), end)
		if lo < hi {
			if j.fed == 0 {
				j.sum.Reset()
			}
			j.sum.Write(b[lo-offset : hi-offset]) // never fails
			j.fed += hi - lo
		}
		if p.End() > end {
			return
		}
		switch {
		case p.Len == 0:
		case j.fed == p.Len && j.sum.Sum64() == p.Sum:
			j.held++
		default:
			j.wrong = true
		}
		j.prints, j.fed = j.prints[1:], 0
	}
}

type examination struct {
	r     *Reader
	at    int64  // up to where content was fed
	last  []byte // the bytes before that
	open  []*judgement
	facts Facts
	turn  func() (func(), error)
}

// wants says whether a verdict needs more than was read.
func (x *examination) wants() bool {
	for _, j := range x.open {
		if !j.wrong && (j.life.Live != "" || x.at < j.life.Anchor.End() || x.at <= j.life.At) {
			return true
		}
	}
	return false
}

// block reads a turn's worth.
func (x *examination) block(b []byte) error {
	done, err := x.turn()
	if err != nil {
		return err
	}
	defer done()
	for end := x.at + examined; x.at < end && x.wants(); {
		n, err := x.r.Read(b)
		x.feed(b[:n])
		if n > 0 {
			x.last = b[:n]
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// agrees compares the end of what was read with a live file.
func (x *examination) agrees(l Life) bool {
	f, err := os.Open(l.Live)
	if err != nil {
		return false
	}
	defer f.Close()
	if ok, err := l.Head.Holds(f); err != nil || !ok {
		return false
	}
	have := make([]byte, len(x.last))
	n, _ := f.ReadAt(have, x.at-int64(len(x.last))) // cannot be read: does not agree
	return n == len(have) && bytes.Equal(have, x.last)
}

func (x *examination) feed(b []byte) {
	for _, j := range x.open {
		j.feed(x.at, b)
	}
	x.at += int64(len(b))
}

func (x *examination) failed(err error) (Facts, error) {
	if errors.Is(err, ErrDamaged) {
		x.facts.Damage, err = err, nil
	}
	if err != nil {
		err = fmt.Errorf("examine archive: %w", err)
	}
	return x.facts, err
}
