package identity

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrUnsupported is returned where the system has no inodes.
var ErrUnsupported = errors.New("files cannot be identified on this system")

// ID names a file on this machine while it exists. Two names with equal IDs are one file.
type ID struct{ Dev, Ino uint64 }

// File is what one look at a file tells.
type File struct {
	ID    ID
	Size  int64
	MTime time.Time
	// Links is how many names the file has; 0 for an open file that was deleted.
	Links uint64
	// Regular is false for folders, devices, sockets and pipes.
	Regular bool
}

// Stat looks at a path and follows symbolic links.
func Stat(path string) (File, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return File{}, err
	}
	return FromInfo(fi)
}

// StatFile looks at an open file.
func StatFile(f *os.File) (File, error) {
	fi, err := f.Stat()
	if err != nil {
		return File{}, err
	}
	return FromInfo(fi)
}

// FromInfo takes what os.Stat told.
func FromInfo(fi os.FileInfo) (File, error) {
	f := File{Size: fi.Size(), MTime: fi.ModTime(), Regular: fi.Mode().IsRegular()}
	if !sysStat(&f, fi.Sys()) {
		return File{}, fmt.Errorf("identify %s: %w", fi.Name(), ErrUnsupported)
	}
	return f, nil
}
