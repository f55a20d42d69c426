package checkpoint

import (
	"fmt"
	"io/fs"
)

// Read returns the State of a data folder without locking it: the newest that its owner
// has saved. Errors wrap ErrDamaged, ErrNewer or the system's, fs.ErrNotExist where none was
// ever saved.
func Read(dir string) (State, error) {
	s := Store{dir: dir}
	st, ok, err := s.Load()
	if err == nil && !ok {
		err = fmt.Errorf("read %s: %w", s.Path(), fs.ErrNotExist)
	}
	return st, err
}
