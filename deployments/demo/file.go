package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// file is a log file that is rotated by rename: app.log becomes app.log.1, that app.log.2,
// and so on.
type file struct {
	path  string
	limit int64
	keep  int
	f     *os.File
	size  int64
	buf   []byte
}

func (f *file) open() error {
	var err error
	if f.f, err = os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	info, err := f.f.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open log file: %w", err), f.close())
	}
	f.size = info.Size()
	return nil
}

func (f *file) add(line string) { f.buf = append(append(f.buf, line...), '\n') }

// flush writes what was added, and rotates the file when it has grown to the limit.
func (f *file) flush() error {
	if len(f.buf) == 0 {
		return nil
	}
	n, err := f.f.Write(f.buf)
	f.size += int64(n)
	f.buf = f.buf[:0]
	if err != nil {
		return fmt.Errorf("write log file: %w", err)
	}
	if f.size < f.limit {
		return nil
	}
	return f.rotate()
}

func (f *file) rotate() error {
	if err := f.close(); err != nil {
		return err
	}
	for i := f.keep; i > 0; i-- {
		from := fmt.Sprintf("%s.%d", f.path, i-1)
		if i == 1 {
			from = f.path
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", f.path, i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("rotate log file: %w", err)
		}
	}
	return f.open()
}

func (f *file) close() error {
	if f.f == nil {
		return nil
	}
	err := f.f.Close()
	f.f = nil
	if err != nil {
		return fmt.Errorf("close log file: %w", err)
	}
	return nil
}
