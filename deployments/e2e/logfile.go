package e2e

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// LogFile is a log file as a service writes it, together with its original: all that was
// ever written to it, across its rotations.
type LogFile struct {
	path         string
	copyTruncate bool // how it is rotated: copy and truncate, or rename and create
	live, orig   *os.File
	kept         int // rotated files: path.1 is the newest
}

// CreateLogFile makes the file at path and its original at orig.
func CreateLogFile(path, orig string, copyTruncate bool) (*LogFile, error) {
	l := &LogFile{path: path, copyTruncate: copyTruncate}
	var err error
	if l.live, err = create(path); err != nil {
		return nil, err
	}
	if l.orig, err = create(orig); err != nil {
		return nil, errors.Join(err, l.live.Close())
	}
	return l, nil
}

func create(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create log file: %w", err)
	}
	return f, nil
}

// Write appends p, which may end within a line.
func (l *LogFile) Write(p []byte) (int, error) {
	if n, err := l.orig.Write(p); err != nil {
		return n, fmt.Errorf("write original: %w", err)
	}
	n, err := l.live.Write(p)
	if err != nil {
		return n, fmt.Errorf("write log file: %w", err)
	}
	return n, nil
}

// Rotate makes path.1 of what the file holds, path.2 of path.1, and so on, as logrotate
// does with create or with copytruncate. Nothing waits for a reader.
func (l *LogFile) Rotate() error {
	for i := l.kept; i > 0; i-- {
		if err := os.Rename(fmt.Sprintf("%s.%d", l.path, i), fmt.Sprintf("%s.%d", l.path, i+1)); err != nil {
			return fmt.Errorf("rotate: %w", err)
		}
	}
	l.kept++
	if l.copyTruncate {
		if err := copyFile(l.path, l.path+".1"); err != nil {
			return err
		}
		if err := l.live.Truncate(0); err != nil {
			return fmt.Errorf("rotate: %w", err)
		}
		return nil
	}
	if err := l.live.Close(); err != nil {
		return fmt.Errorf("rotate: %w", err)
	}
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		return fmt.Errorf("rotate: %w", err)
	}
	var err error
	l.live, err = create(l.path)
	return err
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("rotate: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("rotate: %w", err)
	}
	if _, err = io.Copy(out, in); err != nil {
		err = fmt.Errorf("rotate: %w", err)
	}
	return errors.Join(err, out.Close())
}

// Close closes both files.
func (l *LogFile) Close() error {
	err := l.live.Close()
	if errors.Is(err, fs.ErrClosed) {
		err = nil
	}
	return errors.Join(err, l.orig.Close())
}
