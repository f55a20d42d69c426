package tail

import (
	"fmt"
	"os"
	"syscall"
)

// remote are the magic numbers (statfs(2)) of file systems on which a stat can fail
// while the file is open: hpcloud/tail ends the process (os.Exit) on any stat error but
// "does not exist".
var remote = map[uint32]bool{
	0x6969:     true, // NFS
	0xff534d42: true, // CIFS
	0xfe534d42: true, // SMB2
	0x517b:     true, // SMB
	0x65735546: true, // FUSE
	0x00c36400: true, // Ceph
	0x5346414f: true, // AFS
	0x01021997: true, // 9P
	0x47504653: true, // GPFS
	0x0bd00bd0: true, // Lustre
}

// livePath names the open file itself. A stat of this name is one of the inode, even when
// the file was renamed or removed.
func livePath(f *os.File) (string, error) {
	var st syscall.Statfs_t
	if err := syscall.Fstatfs(int(f.Fd()), &st); err != nil {
		return "", fmt.Errorf("look at file system: %w", err)
	}
	if remote[uint32(st.Type)] {
		return "", ErrUnsupported
	}
	path := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	if _, err := os.Stat(path); err != nil { // no /proc
		return "", ErrUnsupported
	}
	return path, nil
}
