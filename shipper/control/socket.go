package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
)

const socketName = "control.sock"

// maxPath is how long a socket's path may be everywhere: Linux has room for 107 bytes,
// others for 103.
const maxPath = 100

// at calls do with a path of name in dir that is short enough for a socket.
func at(dir, name string, do func(path string) error) error {
	path := filepath.Join(dir, name)
	if len(path) <= maxPath {
		return do(path)
	}
	if runtime.GOOS != "linux" {
		return fmt.Errorf("path %s is too long for a socket: want at most %d bytes, have %d", path, maxPath, len(path))
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return do(fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), name))
}

// listen makes the socket of a data folder, in place of one that a killed process left.
// Nobody but its user can connect, at no moment: it is made in a folder of its own first.
func listen(dataDir string) (l *net.UnixListener, err error) {
	tmp, err := os.MkdirTemp(dataDir, ".control-*") // mode 0700
	if err != nil {
		return nil, fmt.Errorf("make control socket: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	err = at(tmp, "s", func(path string) error {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make control socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // its name is another one by then
	made := filepath.Join(tmp, "s")
	if err = os.Chmod(made, 0o600); err == nil {
		err = os.Rename(made, filepath.Join(dataDir, socketName))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make control socket: %w", err), l.Close())
	}
	return l, nil
}

func dial(ctx context.Context, dataDir string) (c net.Conn, err error) {
	err = at(dataDir, socketName, func(path string) error {
		c, err = (&net.Dialer{}).DialContext(ctx, "unix", path)
		return err
	})
	return c, err
}
