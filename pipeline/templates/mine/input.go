package mine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// lineLimit is how much of a line is kept.
const lineLimit = 1 << 20

// source is an input that can be read again: a regular file, or a temporary copy.
type source struct {
	name string
	file *os.File
	size int64 // what the first pass has read
	temp bool
}

// openSources opens all inputs before anything is read. again says that there will be a
// second pass.
func openSources(o *options, again bool) (_ []*source, err error) {
	var all []*source
	defer func() {
		if err != nil {
			closeSources(all)
		}
	}()
	paths := o.paths
	if len(paths) == 0 {
		paths = []string{"-"}
	}
	for _, path := range paths {
		s := &source{name: path}
		var in io.Reader
		if path == "-" {
			s.name, in = "standard input", o.in
			if f, ok := o.in.(*os.File); ok {
				s.file = f
			}
		} else {
			if s.file, err = os.Open(path); err != nil {
				return nil, err // it names the file
			}
			in = s.file
		}
		all = append(all, s)
		if s.file != nil {
			info, err := s.file.Stat()
			if err != nil {
				return nil, fmt.Errorf("stat %s: %w", s.name, err)
			}
			if info.IsDir() {
				return nil, fmt.Errorf("%s is a folder: expected a file", s.name)
			}
			if info.Mode().IsRegular() && path != "-" || !again {
				s.size = info.Size()
				continue
			}
		}
		if s.file, err = spool(in, s.name, s.file); err != nil {
			return nil, err
		}
		s.temp = true
	}
	return all, nil
}

// spool copies what can be read once to a temporary file.
func spool(in io.Reader, name string, was *os.File) (*os.File, error) {
	f, err := os.CreateTemp("", "foghorn-mine-")
	if err != nil {
		return nil, fmt.Errorf("keep %s for the second pass: %w", name, err)
	}
	if _, err = io.Copy(f, in); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keep %s for the second pass: %w", name, err), f.Close(), os.Remove(f.Name()))
	}
	if was != nil && was != os.Stdin {
		if err := was.Close(); err != nil {
			return nil, errors.Join(fmt.Errorf("close %s: %w", name, err), f.Close(), os.Remove(f.Name()))
		}
	}
	return f, nil
}

func closeSources(all []*source) {
	for _, s := range all {
		if s.file == nil || s.file == os.Stdin {
			continue
		}
		// Read only, or about to be removed: nothing is lost when closing fails.
		_ = s.file.Close()
		if s.temp {
			_ = os.Remove(s.file.Name())
		}
	}
}

// each calls do for every line of in, without its line feed and a carriage return before
// it; of a line over the limit with its beginning. It returns how many bytes it has read.
func each(ctx context.Context, in io.Reader, do func(line []byte) error) (int64, error) {
	r := bufio.NewReaderSize(in, 256<<10)
	var read int64
	var long []byte
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return read, ctx.Err()
		}
		line, err := r.ReadSlice('\n')
		read += int64(len(line))
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long[:0], line...)
			for errors.Is(err, bufio.ErrBufferFull) {
				line, err = r.ReadSlice('\n')
				read += int64(len(line))
				long = append(long, line[:min(len(line), lineLimit+2-len(long))]...)
			}
			line = long
		}
		if len(line) > 0 {
			if fault := do(trimEnd(line)); fault != nil {
				return read, fault
			}
		}
		if errors.Is(err, io.EOF) {
			return read, nil
		}
		if err != nil {
			return read, err
		}
	}
}

func trimEnd(line []byte) []byte {
	if n := len(line); line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line[:min(len(line), lineLimit)]
}
