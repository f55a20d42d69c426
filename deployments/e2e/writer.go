package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
)

// Plan says what a Writer writes.
type Plan struct {
	Dir     string // gets the folders logs and orig
	Corpora []Corpus
	Lines   int // of all files together
	Steps   int // in how many rounds over all files
	// Rotations of each file come at random moments after the first seventh of its lines;
	// every other file is rotated by copytruncate. A file that was rotated away before a
	// shipper looked at its folder for the first time is no file that it was told of.
	Rotations int
	Seed      uint64
}

// Writer writes log files step by step. What it writes depends on its Plan alone.
type Writer struct {
	plan  Plan
	files []*writerFile
	rng   *rand.Rand
	step  int
}

type writerFile struct {
	*LogFile
	corpus  *Corpus
	quota   int    // lines to write
	written int    // lines handed out so far, those in pending included
	pending []byte // the end of a line that was only begun
	rotate  []int  // at these numbers of lines
	lives   []int  // the number of lines before each life of the file but the first
}

// NewWriter makes the folders and the empty files.
func NewWriter(plan Plan) (*Writer, error) {
	w := &Writer{plan: plan, rng: rand.New(rand.NewPCG(plan.Seed, 1))}
	for _, sub := range []string{"logs", "orig"} {
		if err := os.MkdirAll(filepath.Join(plan.Dir, sub), 0o755); err != nil {
			return nil, fmt.Errorf("make folder: %w", err)
		}
	}
	repeated, left := 0, plan.Lines
	for i := range plan.Corpora {
		if plan.Corpora[i].Once {
			left -= len(plan.Corpora[i].Lines)
		} else {
			repeated++
		}
	}
	for i := range plan.Corpora {
		c := &plan.Corpora[i]
		name := c.Name + ".log"
		lf, err := CreateLogFile(filepath.Join(plan.Dir, "logs", name), filepath.Join(plan.Dir, "orig", name), i%2 == 1)
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		f := &writerFile{LogFile: lf, corpus: c, quota: len(c.Lines)}
		if !c.Once {
			f.quota = max(left/repeated, 1)
		}
		for range plan.Rotations {
			f.rotate = append(f.rotate, f.quota/7+w.rng.IntN(f.quota-f.quota/7))
		}
		sort.Ints(f.rotate)
		w.files = append(w.files, f)
	}
	return w, nil
}

// Total returns how many lines are written in the end.
func (w *Writer) Total() int {
	n := 0
	for _, f := range w.files {
		n += f.quota
	}
	return n
}

// Quota returns how many lines each file gets, by file name.
func (w *Writer) Quota() map[string]int {
	out := make(map[string]int, len(w.files))
	for _, f := range w.files {
		out[f.corpus.Name+".log"] = f.quota
	}
	return out
}

// Lives returns, by file name, how many lines were written before each rotation.
func (w *Writer) Lives() map[string][]int {
	out := make(map[string][]int, len(w.files))
	for _, f := range w.files {
		out[f.corpus.Name+".log"] = f.lives
	}
	return out
}

// Step writes the next lines of each file and rotates those whose time has come. It
// reports false after the last step.
func (w *Writer) Step() (bool, error) {
	w.step++
	for _, f := range w.files {
		target := f.quota * w.step / w.plan.Steps
		for len(f.rotate) > 0 && f.rotate[0] <= target {
			if err := f.write(f.rotate[0], 0); err != nil {
				return false, err
			}
			if err := f.Rotate(); err != nil {
				return false, err
			}
			f.lives = append(f.lives, f.rotate[0])
			f.rotate = f.rotate[1:]
		}
		begun := 0
		if w.step < w.plan.Steps && w.rng.IntN(4) == 0 {
			begun = 1 + w.rng.IntN(60)
		}
		if err := f.write(target, begun); err != nil {
			return false, err
		}
	}
	return w.step < w.plan.Steps, nil
}

// write writes all lines below target in one call; with begun > 0 the last that many bytes
// stay behind until the next call.
func (f *writerFile) write(target, begun int) error {
	buf := append([]byte(nil), f.pending...)
	for ; f.written < target; f.written++ {
		buf = append(append(buf, f.corpus.Line(f.written)...), '\n')
	}
	cut := max(len(buf)-begun, 0)
	f.pending = buf[cut:]
	if cut == 0 {
		return nil
	}
	_, err := f.Write(buf[:cut])
	return err
}

// Close closes the files.
func (w *Writer) Close() error {
	var errs []error
	for _, f := range w.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
