package embedded

import (
	"fmt"
	"os"
	"path/filepath"
)

// roomBytes is what Room asks for: about the largest batch.
const roomBytes = 1 << 20

// Room returns nil when the broker's folder takes another batch, and why it does not
// otherwise: a producer is told no more than "unknown server error" then. It writes a file
// of 1 MiB and removes it.
func (b *Broker) Room() error {
	path := filepath.Join(filepath.Dir(b.dir), "room")
	err := os.WriteFile(path, make([]byte, roomBytes), 0o600)
	if gone := os.Remove(path); err == nil {
		err = gone
	}
	if err != nil {
		return fmt.Errorf("the embedded Kafka cannot write: %w", err)
	}
	return nil
}
