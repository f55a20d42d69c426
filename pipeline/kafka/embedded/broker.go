package embedded

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/twmb/franz-go/pkg/kfake"
)

// ErrLocked is wrapped by Start's error when another broker uses the folder.
var ErrLocked = errors.New("the folder is in use by another process")

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	lock    *flock.Flock
	dir     string
	addr    string
	members members

	stop    chan struct{}
	cleaned sync.WaitGroup
	once    sync.Once
	err     error
}

// Start takes the folder, restores what it holds and serves. The caller closes the
// Broker. An error wraps ErrLocked when another process has the folder.
func Start(cfg Config) (*Broker, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("start broker: %w", err)
	}
	if err := os.MkdirAll(cfg.DataDir, 0o755); err != nil {
		return nil, fmt.Errorf("start broker: %w", err)
	}
	lock := flock.New(filepath.Join(cfg.DataDir, "lock"))
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock folder %s: %w", cfg.DataDir, err)
	case !ok:
		return nil, fmt.Errorf("start broker in %s: %w; stop that one or give another folder", cfg.DataDir, ErrLocked)
	}
	b := &Broker{
		lock: lock, dir: filepath.Join(cfg.DataDir, "log"), stop: make(chan struct{}),
		members: members{groups: make(map[string]*groupLife)},
	}
	if err := b.start(cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("start broker in %s: %w", cfg.DataDir, err), lock.Unlock())
	}
	b.cleaned.Go(func() { b.clean(cfg.CleanEvery) })
	b.cleaned.Go(b.watchMembers)
	return b, nil
}

func (b *Broker) start(cfg Config) error {
	host, port, err := splitListen(cfg.Listen)
	if err != nil {
		return err
	}
	if err := restore(b.dir); err != nil {
		return err
	}
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.Ports(port),
		kfake.ClusterID("foghorn"),
		kfake.DataDir(b.dir),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) {
			return net.Listen(network, net.JoinHostPort(host, strconv.Itoa(port)))
		}),
		kfake.BrokerConfigs(map[string]string{
			// Retention and compaction are called by clean, which first notes the
			// ends of the partitions; the broker's own timer never fires.
			"log.cleaner.backoff.ms": strconv.FormatInt((10 * 365 * 24 * time.Hour).Milliseconds(), 10),
			"log.segment.bytes":      strconv.FormatInt(cfg.SegmentBytes, 10),
			"message.max.bytes":      strconv.Itoa(16 << 20),
			// Only topics that ask for it lose records by age: kfake would apply its
			// default of 7 days to compacted topics as well.
			"log.retention.ms": "-1",
		}),
	}
	if cfg.SyncWrites {
		opts = append(opts, kfake.SyncWrites())
	}
	if b.cluster, err = kfake.NewCluster(opts...); err != nil {
		return err
	}
	b.addr = b.cluster.ListenAddrs()[0]
	b.observe()
	return nil
}

// Addr is host:port for clients.
func (b *Broker) Addr() string { return b.addr }

// Close stops the broker, saves its state and gives the folder free. Connections end.
func (b *Broker) Close() error {
	b.once.Do(func() {
		close(b.stop)
		b.cleaned.Wait()
		b.err = b.noteEnds()
		b.cluster.Close()
		if err := b.lock.Unlock(); err != nil {
			b.err = errors.Join(b.err, fmt.Errorf("unlock folder %s: %w", b.dir, err))
		}
	})
	return b.err
}
