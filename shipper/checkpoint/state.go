package checkpoint

import (
	"time"

	"foghorn/shipper/identity"
)

// State is all that a shipper remembers.
type State struct {
	// Epoch is a random number, made with the data folder. It goes into every generation,
	// so that a shipper that lost its memory does not give out old ones again.
	Epoch uint64 `json:"epoch,string"`
	// Births counts the generations given out.
	Births uint64 `json:"births,string"`
	// Files are the generations known, oldest first within one path.
	Files []File `json:"files"`
}

// File is one generation of one source.
type File struct {
	// Path is the source's path, Seen where the file was last seen.
	Path string `json:"path"`
	Seen string `json:"seen,omitempty"`

	ID         identity.ID `json:"id"`
	Generation uint64      `json:"generation,string"`
	Born       time.Time   `json:"born"`
	// Offset is the next byte to ship: all before it was acknowledged.
	Offset int64 `json:"offset"`
	// Size and MTime are those of the last look.
	Size  int64     `json:"size"`
	MTime time.Time `json:"mtime"`
	// Head covers the file's beginning, Anchor the last line acknowledged.
	Head   identity.Print `json:"head"`
	Anchor identity.Print `json:"anchor"`
	// Trail covers lines before Anchor, of a file that has left its path.
	Trail identity.Trail `json:"trail,omitempty"`
	// Old says that the file was asked for by a backfill, and is not followed.
	Old bool `json:"old,omitempty"`
	// Away says that the file has left its path, Done that it was shipped to its end.
	Away bool `json:"away,omitempty"`
	Done bool `json:"done,omitempty"`
	// Packed says that the file is an archive of the content; Size and MTime are its own.
	Packed bool `json:"packed,omitempty"`
	// Unseen is when the file was first missed; zero while it is there.
	Unseen time.Time `json:"unseen,omitzero"`
}
