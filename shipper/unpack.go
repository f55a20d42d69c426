package shipper

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"foghorn/shipper/archive"
	"foghorn/shipper/identity"
	"foghorn/shipper/tail"
)

// maxUnpacking bounds how many archives are open, and so what they take of memory.
const maxUnpacking = 4

// unpacking is an archive that is being read.
type unpacking struct {
	file  *os.File
	from  *archive.Reader
	lines *tail.Stream
}

// unpack reads the next lines of a generation whose file was compressed; behind the last
// one it ends it.
func (w *worker) unpack(ctx context.Context, g *generation) next {
	if g.stream == nil {
		select {
		case w.s.unpacking <- struct{}{}:
		default:
			return wait // others are being read
		}
		if ok := w.openStream(g); !ok {
			<-w.s.unpacking
			return rest
		}
	}
	r, ok := w.s.reader(ctx) // decompressing waits for its turn among the files that are read
	if !ok {
		return wait
	}
	lines, err := g.stream.lines.Next()
	w.s.readers <- r
	if len(lines) > 0 {
		w.take(g, lines, tail.At(lines[len(lines)-1].End()))
	}
	g.estimate()
	switch {
	case err == nil:
		return again
	case errors.Is(err, archive.ErrDamaged):
		if w.grows(g) {
			w.closeStream(g)
			return rest
		}
		w.s.metrics.errors.Inc()
		w.s.log.Warn().Str("path", g.seen).Str("source", g.src.path).Uint64("generation", g.number).Err(err).
			Msg("archive is damaged, what could be read of it is shipped")
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF): // or it ends before what was read of the original
	default:
		w.closeStream(g)
		w.fail(err)
		return rest
	}
	if l, ok := g.stream.lines.Rest(); ok {
		w.take(g, []tail.Line{l}, tail.At(l.End()))
	}
	w.closeStream(g)
	g.done, g.listed = true, g.at()
	w.s.dirty.Store(true)
	return again
}

// openStream opens the archive where it is now.
func (w *worker) openStream(g *generation) bool {
	err := g.open()
	if errors.Is(err, fs.ErrNotExist) {
		g.fault = gone
		w.s.kick()
		return false
	}
	if err != nil {
		w.fail(err)
		return false
	}
	file := g.file
	g.file = nil // it is no file that is looked at and compared
	from, err := archive.NewReader(file)
	if err != nil {
		file.Close()
		g.src.opened(-1)
		if !errors.Is(err, archive.ErrDamaged) {
			w.fail(err)
			return false
		}
		w.s.log.Warn().Str("path", g.seen).Str("source", g.src.path).Uint64("generation", g.number).Err(err).
			Msg("archive cannot be read, its lines are lost")
		g.done, g.listed = true, g.at()
		w.s.dirty.Store(true)
		return false
	}
	w.src.failure = ""
	g.stream = &unpacking{file: file, from: from, lines: tail.NewStream(from, w.s.cfg.LineLimit, g.at())}
	return true
}

// grows says whether the archive has changed since it was found: it is still being
// written, and is read again from where its lines end.
func (w *worker) grows(g *generation) bool {
	st, err := identity.StatFile(g.stream.file)
	if err != nil || st.Size == g.size && st.MTime.Equal(g.mtime) {
		return false
	}
	g.size, g.mtime = st.Size, st.MTime
	return true
}

func (w *worker) closeStream(g *generation) {
	if g.stream != nil {
		g.closeStream()
		<-w.s.unpacking
	}
}

func (g *generation) closeStream() {
	g.stream.from.Close()
	g.stream.file.Close() // opened for reading: there is nothing that could fail to be written
	g.stream = nil
	g.src.opened(-1)
}

// estimate guesses the content's size from how much of the archive it took so far.
func (g *generation) estimate() {
	if used := g.stream.from.Consumed(); used > 0 && used <= g.size {
		g.listed = max(g.at(), int64(float64(g.at())*float64(g.size)/float64(used)))
	}
}
