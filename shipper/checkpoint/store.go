package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/cespare/xxhash/v2"
	"github.com/gofrs/flock"
)

const (
	version  = 2
	fileName = "checkpoint.json"
	lockName = "checkpoint.lock"
)

var (
	// ErrLocked says that another process uses the data folder.
	ErrLocked = errors.New("another shipper is using this data folder")
	// ErrDamaged says that the checkpoint cannot be read.
	ErrDamaged = errors.New("checkpoint is damaged")
	// ErrNewer says that the checkpoint was written by a newer version.
	ErrNewer = errors.New("checkpoint was written by a newer version")
)

// Store is a data folder, locked for this process. It is used by one goroutine.
type Store struct {
	dir  string
	lock *flock.Flock
	disk disk
}

// Open makes the folder if need be and locks it. Errors: ErrLocked, or of the system.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	l := flock.New(filepath.Join(dir, lockName))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock data folder %s: %w", dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("lock data folder %s: %w", dir, ErrLocked)
	}
	return &Store{dir: dir, lock: l, disk: system{}}, nil
}

// Close gives the folder back.
func (s *Store) Close() error { return s.lock.Close() }

// Path is where the checkpoint stands.
func (s *Store) Path() string { return filepath.Join(s.dir, fileName) }

type envelope struct {
	Version int             `json:"version"`
	Sum     string          `json:"sum"`
	State   json.RawMessage `json:"state"`
}

// Load returns the State saved last. ok is false when none was ever saved. Errors wrap
// ErrDamaged, ErrNewer or the system's.
func (s *Store) Load() (st State, ok bool, err error) {
	b, err := os.ReadFile(s.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, false, nil
	}
	if err != nil {
		return State{}, false, fmt.Errorf("read checkpoint: %w", err)
	}
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return State{}, false, fmt.Errorf("read %s: %w: %w", s.Path(), ErrDamaged, err)
	}
	if e.Version > version {
		return State{}, false, fmt.Errorf("read %s: %w (it has version %d, this program knows %d)", s.Path(), ErrNewer, e.Version, version)
	}
	if e.Version < 1 || e.Sum != sum(e.State) {
		return State{}, false, fmt.Errorf("read %s: %w: its checksum is wrong", s.Path(), ErrDamaged)
	}
	if err := json.Unmarshal(e.State, &st); err != nil {
		return State{}, false, fmt.Errorf("read %s: %w: %w", s.Path(), ErrDamaged, err)
	}
	for i := range st.Files {
		f := &st.Files[i]
		f.Path, f.Seen = unescape(f.Path), unescape(f.Seen)
	}
	return st, true, nil
}

// Save replaces the State. When it fails, the State saved before is still there.
func (s *Store) Save(st *State) error {
	body, err := json.Marshal(escaped(st))
	if err != nil {
		return fmt.Errorf("encode checkpoint: %w", err)
	}
	b, err := json.Marshal(envelope{Version: version, Sum: sum(body), State: body})
	if err != nil {
		return fmt.Errorf("encode checkpoint: %w", err)
	}
	if err := replace(s.disk, s.Path(), b); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	return nil
}

func sum(b []byte) string { return strconv.FormatUint(xxhash.Sum64(b), 16) }
