package shipper

// Status is how far a Shipper is.
type Status struct {
	// Files is the number of generations that are still there or not yet shipped to
	// their end, Active how many are read or followed now, Held how many are held back
	// as copies.
	Files, Active, Held int
	// Bytes is the size of all of them; Read and Acked are how much of it was read, and
	// acknowledged.
	Bytes, Read, Acked int64
	// Lines is how many lines were acknowledged since Run began.
	Lines int64
	// File tells the same per file, in the order of sources and, within one, of
	// generations.
	File []FileStatus
}

// FileStatus is how far one generation of a source is.
type FileStatus struct {
	// Path is the source's path, Seen where the file is now.
	Path, Seen string
	Generation uint64
	Size       int64
	Read       int64
	Acked      int64
	// Error is why the file cannot be read, or empty.
	Error string
}

// Lag is how many bytes are not acknowledged yet.
func (f *FileStatus) Lag() int64 { return max(0, f.Size-f.Acked) }

// Lag is how many bytes are not acknowledged yet, in all files.
func (s *Status) Lag() int64 { return max(0, s.Bytes-s.Acked) }
