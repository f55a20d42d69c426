package shipper

import (
	"sort"
	"time"
)

// Status is how far a Shipper is.
type Status struct {
	// At is when it was so.
	At time.Time `json:"at"`
	// Running is false when no shipper runs, and the checkpoint and the files tell.
	Running bool `json:"running"`
	// Files is the number of generations that are still there or not yet shipped to
	// their end, Active how many are read or followed now, Held how many are held back
	// as copies.
	Files  int `json:"files"`
	Active int `json:"active"`
	Held   int `json:"held"`
	// Bytes is the size of all of them; Read and Acked are how much of it was read, and
	// acknowledged.
	Bytes int64 `json:"size"`
	Read  int64 `json:"read"`
	Acked int64 `json:"acked"`
	// LagBytes is how many bytes are not acknowledged yet, LagSeconds the age of the
	// oldest of them.
	LagBytes   int64   `json:"lag_bytes"`
	LagSeconds float64 `json:"lag_seconds"`
	// Lines is how many lines were acknowledged since Run began.
	Lines int64 `json:"lines"`
	// File tells the same per file, in the order of sources and, within one, of
	// generations.
	File []FileStatus `json:"file"`
}

// FileStatus is how far one generation of a source is.
type FileStatus struct {
	// Path is the source's path, Seen where the file is now.
	Path       string `json:"path"`
	Seen       string `json:"seen"`
	Generation uint64 `json:"generation,string"`
	// Compressed says that Seen is an archive; Size is then an estimate.
	Compressed bool  `json:"compressed,omitempty"`
	Size       int64 `json:"size"`
	Read       int64 `json:"read"`
	Acked      int64 `json:"acked"`
	// LagBytes is how many bytes are not acknowledged yet, LagSeconds the age of the
	// oldest of them: how long it has been there for a shipper to see.
	LagBytes   int64   `json:"lag_bytes"`
	LagSeconds float64 `json:"lag_seconds"`
	// Error is why the file cannot be read, or empty.
	Error string `json:"error,omitempty"`
}

// Lag is how many bytes are not acknowledged yet.
func (f *FileStatus) Lag() int64 { return f.LagBytes }

// Lag is how many bytes are not acknowledged yet, in all files.
func (s *Status) Lag() int64 { return s.LagBytes }

// add counts a file; since is when its oldest unacknowledged byte came.
func (s *Status) add(f FileStatus, since time.Time) {
	f.LagBytes = max(0, f.Size-f.Acked)
	if f.LagBytes > 0 && !since.IsZero() {
		f.LagSeconds = max(0, s.At.Sub(since).Seconds())
	}
	s.Files++
	s.Bytes += f.Size
	s.Read += f.Read
	s.Acked += f.Acked
	s.LagBytes += f.LagBytes
	s.LagSeconds = max(s.LagSeconds, f.LagSeconds)
	s.File = append(s.File, f)
}

// Status tells how far the Shipper is. It may be called at any time.
func (s *Shipper) Status() Status {
	st := Status{At: time.Now(), Running: true, Active: s.schedule.workers(), Lines: s.lines.Load()}
	s.mu.Lock()
	sources := make([]*source, 0, len(s.sources)+len(s.old))
	for _, src := range s.sources {
		sources = append(sources, src)
	}
	for _, src := range s.old {
		sources = append(sources, src)
	}
	st.Held = s.held
	s.mu.Unlock()
	sort.Slice(sources, func(i, j int) bool {
		a, b := sources[i], sources[j]
		return a.path < b.path || a.path == b.path && a.old && !b.old
	})
	for _, src := range sources {
		src.mu.Lock()
		for i, g := range src.gens {
			f := FileStatus{
				Path: src.path, Seen: g.seen, Generation: g.number, Compressed: g.packed,
				Size: g.listed, Read: g.at(), Acked: g.acked.Load().offset,
			}
			if g.done {
				f.Size = f.Read
			}
			if i == len(src.gens)-1 {
				f.Error = src.failure
			}
			if g.done && f.Acked == f.Read && !g.unseen.IsZero() {
				continue
			}
			st.add(f, g.ages.since(f.Acked))
		}
		src.mu.Unlock()
	}
	return st
}
