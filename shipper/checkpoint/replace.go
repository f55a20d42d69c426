package checkpoint

import (
	"io"
	"os"
	"path/filepath"
)

// disk is what replace does to a file system, step by step.
type disk interface {
	// create makes a file, or empties it.
	create(path string) (file, error)
	rename(from, to string) error
	// syncFolder returns when the names in a folder are on the disk.
	syncFolder(path string) error
}

// file is one that is being written. Sync returns when its bytes are on the disk.
type file interface {
	io.WriteCloser
	Sync() error
}

// replace puts b in place of what path holds.
func replace(d disk, path string, b []byte) error {
	// A temporary file: a crash while it is written leaves the old checkpoint alone.
	tmp := path + ".tmp"
	f, err := d.create(tmp)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		// Its bytes reach the disk before its name does: without this a power cut after
		// the rename could leave an empty checkpoint.
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	// The name changes in one step: a kill leaves the old file or the new one.
	if err := d.rename(tmp, path); err != nil {
		return err
	}
	// The folder reaches the disk before Save returns: a power cut afterwards cannot
	// bring the old file back.
	return d.syncFolder(filepath.Dir(path))
}

// system is the disk of the machine.
type system struct{}

func (system) create(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
}

func (system) rename(from, to string) error { return os.Rename(from, to) }

func (system) syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
