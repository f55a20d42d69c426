package syslog

import (
	"encoding/binary"
	"net"
	"syscall"
)

// soRXQOvfl is SO_RXQ_OVFL of socket(7): each datagram says how many the system has dropped
// for want of room since the socket was made.
const soRXQOvfl = 40

func countDrops(c *net.UDPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var serr error
	if err := raw.Control(func(fd uintptr) {
		serr = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soRXQOvfl, 1)
	}); err != nil {
		return err
	}
	return serr
}

// drops reads the count from a datagram's control messages.
func drops(oob []byte) (total uint32, ok bool) {
	if len(oob) == 0 {
		return 0, false
	}
	msgs, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return 0, false
	}
	for _, m := range msgs {
		if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == soRXQOvfl && len(m.Data) >= 4 {
			return binary.NativeEndian.Uint32(m.Data), true
		}
	}
	return 0, false
}
