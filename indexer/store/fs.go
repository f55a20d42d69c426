package store

import (
	"io"
	"os"
)

// FS is what the store does to the disk when it commits and removes: the seam at which
// tests cut the power and fill the disk. Reading goes through the os package.
type FS interface {
	// Create makes a new file for writing, or empties an old one.
	Create(name string) (File, error)
	Rename(from, to string) error
	// SyncDir makes the names in a folder durable.
	SyncDir(name string) error
	MkdirAll(name string) error
	RemoveAll(name string) error
	// Free is how many bytes there is room for in a folder.
	Free(dir string) (int64, error)
}

// File is a file that is being written.
type File interface {
	io.Writer
	Sync() error
	Close() error
}

// OS is the file system of the machine.
type OS struct{}

// Create implements FS.
func (OS) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
}

// Rename implements FS.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// MkdirAll implements FS.
func (OS) MkdirAll(name string) error { return os.MkdirAll(name, 0o750) }

// RemoveAll implements FS.
func (OS) RemoveAll(name string) error { return os.RemoveAll(name) }

// SyncDir implements FS.
func (OS) SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
