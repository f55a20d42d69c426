package shipper

import (
	"time"

	"foghorn/shipper/checkpoint"
	"foghorn/shipper/identity"
)

// StatusOf tells how far the shipper of a data folder was when it saved its checkpoint
// last, and how far the files that it knew have grown since: for a folder that no shipper
// runs on. Files that came meanwhile are not in it. It locks and changes nothing. Errors:
// the checkpoint cannot be read (fs.ErrNotExist where none was ever saved).
func StatusOf(dataDir string) (Status, error) {
	saved, err := checkpoint.Read(dataDir)
	if err != nil {
		return Status{}, err
	}
	st := Status{At: time.Now()}
	for i := range saved.Files {
		c := &saved.Files[i]
		f := FileStatus{Path: c.Path, Seen: c.Seen, Generation: c.Generation, Compressed: c.Packed, Size: c.Size, Read: c.Offset, Acked: c.Offset}
		now, err := identity.Stat(c.Seen)
		there := err == nil && now.ID == c.ID
		since := c.MTime
		switch {
		case c.Done && (!there || c.Packed || now.Size <= c.Offset):
			if !there {
				continue
			}
			f.Size = c.Offset
		case !there:
			f.Error = "it is not where it was seen last; the shipper will look for it"
			f.Size = max(c.Offset, c.Size)
		case c.Packed:
			f.Size = max(c.Offset, c.Size)
		case now.Size < c.Offset:
			f.Size, f.Error = c.Offset, "it was truncated"
		default:
			f.Size = now.Size
			if c.Size <= c.Offset {
				since = now.MTime // when the bytes behind came is not known: not before the last look
			}
		}
		st.add(f, since)
	}
	return st, nil
}
