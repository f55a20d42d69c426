package shipper

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"

	"foghorn/shipper/checkpoint"
	"foghorn/shipper/identity"
	"foghorn/shipper/tail"
)

// fault says that a generation's content is no longer where it was. The worker finds it,
// the registry resolves it: it looks for a copy, or gives the generation up.
type fault uint8

const (
	intact    fault = iota
	truncated       // the file is there and holds something else
	gone            // the file is nowhere to be found
)

// mark is a place up to which all was acknowledged, and the print of the last line
// before it.
type mark struct {
	offset int64
	anchor identity.Print
}

// generation is one life of a source's content. All but acked and lines is guarded by source.mu.
type generation struct {
	src    *source
	number uint64
	born   time.Time
	acked  atomic.Pointer[mark]
	lines  atomic.Int64 // acknowledged since the shipper started

	id     identity.ID // zero once the file is known to be gone
	seen   string      // where the file was seen last
	head   identity.Print
	first  []byte         // what head covers, while that is all that the file has
	anchor identity.Print // of the newest line read that is not empty
	trail  identity.Trail // of those before it
	cur    tail.Cursor    // what was read: handed to the lane, or about to be
	file   *os.File       // nil while closed
	stream *unpacking     // of a packed file, nil while closed

	size     int64     // at the last look
	mtime    time.Time // at the last look
	grew     time.Time // when the size last changed
	listed   int64     // size at the last scan or look
	searched int64     // size at which the Reader found no further complete line
	ages     ages      // since when its bytes are there
	held     int64     // size when the content was last seen to be the generation's

	away   time.Time // since when the file is not at its source's path; zero: it is
	sought time.Time // since when its content is sought that went away
	unseen time.Time // since when no scan has met the file; zero: it was met
	saved  bool      // the checkpoint on disk knows it: its lines may be produced
	packed bool      // the file is compressed; size and mtime are those of the archive
	done   bool      // read to its end; newer generations need not wait for it
	check  bool      // a scan wants the worker to look at the file
	fresh  int       // for how many scans more the folder is searched for what was before it
	fault  fault
}

// number of a new generation. The epoch keeps a shipper that lost its checkpoint from
// giving out a number again that stands for other content.
func generationNumber(epoch, birth uint64, id identity.ID, head identity.Print) uint64 {
	var b [40]byte
	for i, v := range []uint64{epoch, birth, id.Dev, id.Ino, head.Sum} {
		binary.BigEndian.PutUint64(b[8*i:], v)
	}
	return max(1, xxhash.Sum64(b[:]))
}

func (g *generation) at() int64 { return g.cur.Offset }

// open opens the file by the names where it can be, and makes sure that it is the same
// inode. fs.ErrNotExist says that it is under none of them.
func (g *generation) open() error {
	if g.file != nil {
		return nil
	}
	var errs []error
	for _, path := range []string{g.seen, g.src.path} {
		ok, err := g.openAs(path)
		if ok {
			return nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return errs[0]
	}
	for _, dir := range g.folders() {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look for renamed file: %w", err)
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			if f, err := identity.Stat(path); err != nil || f.ID != g.id {
				continue
			}
			if ok, err := g.openAs(path); ok || err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("find %s: %w", g.src.path, fs.ErrNotExist)
}

func (g *generation) folders() []string {
	a, b := filepath.Dir(g.src.path), filepath.Dir(g.seen)
	if a == b {
		return []string{a}
	}
	return []string{a, b}
}

func (g *generation) openAs(path string) (bool, error) {
	f, st, err := openID(path, g.id)
	if f == nil {
		return false, err
	}
	g.file, g.seen = f, path
	if g.grew.IsZero() {
		g.grew = earlier(st.MTime, time.Now())
	}
	g.src.opened(1)
	return true, nil
}

// openID opens the regular file at path if it is id. Anything else gives no file, and is
// not opened: opening a named pipe waits for its writer.
func openID(path string, id identity.ID) (*os.File, identity.File, error) {
	st, err := identity.Stat(path)
	if err != nil || !st.Regular || st.ID != id {
		return nil, st, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, st, err
	}
	if st, err = identity.StatFile(f); err != nil || st.ID != id {
		f.Close()
		return nil, st, err
	}
	return f, st, nil
}

func (g *generation) close() {
	if g.file != nil {
		g.file.Close() // opened for reading: there is nothing that could fail to be written
		g.file = nil
		g.src.opened(-1)
	}
}

// look says whether the open file still holds what was read from it, and notes its size.
// Where size and time have not changed since the last look, contents are compared only
// if thorough is set, or a scan asked for it.
func (g *generation) look(now time.Time, thorough bool) (same bool, err error) {
	same, err = g.compare(now, thorough)
	if same {
		g.held = g.size
	}
	return same, err
}

func (g *generation) compare(now time.Time, thorough bool) (same bool, err error) {
	st, err := identity.StatFile(g.file)
	if err != nil {
		return false, err
	}
	quiet := st.Size == g.size && st.MTime.Equal(g.mtime) && !g.check
	g.check = false
	if st.Size != g.size && !g.mtime.IsZero() {
		g.grew = now
	}
	g.ages.grew(st.Size, earlier(st.MTime, now))
	g.size, g.listed, g.mtime = st.Size, st.Size, st.MTime
	if quiet && !thorough {
		return true, nil
	}
	if st.Size < g.cur.Reached() && !(g.done && identity.Rotated(g.src.path, g.seen)) {
		return false, nil // only a copy may end before what was read
	}
	if g.head.Len < identity.HeadSize && st.Size > g.head.Len {
		if g.head, same, err = g.head.Grow(g.file); same {
			g.first, err = g.head.Bytes(g.file)
		}
	} else {
		same, err = g.head.Holds(g.file)
	}
	if err != nil || !same || st.Size < g.anchor.End() {
		return same, err
	}
	return g.anchor.Holds(g.file)
}

// unchanged returns those first lines that were read before the file changed beneath the
// reader, which is already known to have happened: a line that the file still holds at its
// offset is one of the new content; one that it does not hold was there before.
func (g *generation) unchanged(lines []tail.Line) []tail.Line {
	for i := range lines {
		l := &lines[i]
		want := l.Raw
		if !l.Truncated {
			want = append(want[:len(want):len(want)], '\n')
		}
		have := make([]byte, len(want))
		n, _ := g.file.ReadAt(have, l.Offset) // cannot be read: not held
		if n == len(want) && bytes.Equal(have, want) {
			return lines[:i]
		}
	}
	return lines
}

// take moves the generation behind lines that were read.
func (g *generation) take(lines []tail.Line, cur tail.Cursor) {
	g.cur = cur
	if len(lines) > 0 {
		g.trail.Add(g.anchor)
	}
	for i := len(lines) / 2; i > 0; i /= 2 {
		if l := &lines[len(lines)-1-i]; len(l.Raw) > 0 && !l.Truncated {
			g.trail.Add(printOf(l))
		}
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if raw := lines[i].Raw; len(raw) > 0 {
			if !lines[i].Truncated {
				g.anchor = printOf(&lines[i])
			}
			break
		}
	}
}

func printOf(l *tail.Line) identity.Print {
	return identity.PrintOf(l.Offset, l.Raw[:min(len(l.Raw), identity.HeadSize)])
}

// savedTrail is how much of a trail is kept in the checkpoint.
const savedTrail = 8

// snapshot is the generation as the checkpoint keeps it.
func (g *generation) snapshot() checkpoint.File {
	m := g.acked.Load()
	f := checkpoint.File{
		Path: g.src.path, Seen: g.seen, ID: g.id, Generation: g.number, Born: g.born,
		Offset: m.offset, Anchor: m.anchor, Head: g.head, Size: g.size, MTime: g.mtime,
		Old: g.src.old, Away: !g.away.IsZero(), Done: g.done && m.offset >= g.at(), Packed: g.packed, Unseen: g.unseen,
	}
	if g.fault != intact {
		f.Size, f.MTime = g.held, time.Time{} // those that were seen last are another content's
	}
	if f.Away && !g.packed {
		f.Trail = g.trail.Last(savedTrail)
	}
	return f
}

func restore(src *source, f *checkpoint.File, now time.Time) *generation {
	g := &generation{
		src: src, number: f.Generation, born: f.Born, id: f.ID, seen: f.Seen,
		head: f.Head, anchor: f.Anchor, trail: f.Trail, cur: tail.At(f.Offset),
		size: f.Size, listed: f.Size, held: f.Size, mtime: f.MTime, grew: earlier(f.MTime, now),
		done: f.Done, unseen: f.Unseen, saved: true,
	}
	if f.Away {
		g.away = now
	}
	if f.ID == (identity.ID{}) && !f.Done {
		g.fault = gone // it was being sought
	}
	if f.Packed {
		g.packed, g.held, g.listed = true, f.Offset, max(f.Offset, f.Size)
		if f.Done {
			g.listed = f.Offset
		}
	}
	g.acked.Store(&mark{offset: f.Offset, anchor: f.Anchor})
	g.ages.grew(g.listed, g.grew)
	return g
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
