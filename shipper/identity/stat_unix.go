//go:build unix

package identity

import "syscall"

func sysStat(f *File, sys any) bool {
	st, ok := sys.(*syscall.Stat_t)
	if ok {
		// Not uint64 on every system.
		f.ID = ID{Dev: uint64(st.Dev), Ino: uint64(st.Ino)}
		f.Links = uint64(st.Nlink)
	}
	return ok
}
