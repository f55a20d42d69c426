package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
)

// Client is the connection to one cluster, shared by all sinks, groups and readers made
// from it. It is safe for concurrent use.
type Client struct {
	cfg       Config
	log       zerolog.Logger
	transport *kafka.Transport
	api       *kafka.Client
	expander  *expander
	buffers   sync.Pool // *buffers, of the lanes of all sinks
	stats     counters

	// life ends at Close; it bounds the attempts that outlive their callers.
	life context.Context
	end  context.CancelFunc
	busy sync.WaitGroup // lanes at work

	mu        sync.Mutex
	refreshed time.Time
	warned    map[string]time.Time
}

// New returns a Client. It starts nothing and opens no connection; the first call that
// needs the cluster does. An error means a fault in cfg.
func New(cfg Config, log zerolog.Logger) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	c := &Client{cfg: cfg, log: log.With().Str("component", "kafka").Logger(), expander: newExpander(), warned: make(map[string]time.Time)}
	c.life, c.end = context.WithCancel(context.Background())
	c.transport = &kafka.Transport{
		Dial:        (&net.Dialer{Timeout: dialTimeout}).DialContext,
		DialTimeout: dialTimeout,
		ClientID:    cfg.ClientID,
		TLS:         cfg.TLS,
		SASL:        cfg.sasl(),
	}
	// The library tells the broker half of Timeout, so that the answer still arrives.
	c.api = &kafka.Client{Addr: kafka.TCP(cfg.Brokers...), Timeout: cfg.RequestTimeout, Transport: c.transport}
	return c, nil
}

const dialTimeout = 3 * time.Second

func (c Config) sasl() sasl.Mechanism {
	if c.Username == "" {
		return nil
	}
	return plain.Mechanism{Username: c.Username, Password: c.Password}
}

// Close ends what is under way and closes the connections. Call it when all Runs and
// Produces have returned.
func (c *Client) Close() {
	c.end()
	c.busy.Wait()
	c.transport.CloseIdleConnections()
}

// refresh makes the client learn the cluster's layout anew: the transport has no call for
// that, but forgets what it knows together with its connections. At most twice a second.
func (c *Client) refresh() {
	c.mu.Lock()
	due := time.Since(c.refreshed) >= 500*time.Millisecond
	if due {
		c.refreshed = time.Now()
	}
	c.mu.Unlock()
	if due {
		c.transport.CloseIdleConnections()
	}
}

// waiting logs what waits and why, once per ten seconds for each kind of thing.
func (c *Client) waiting(kind, what string, err error) {
	c.mu.Lock()
	due := time.Since(c.warned[kind]) >= 10*time.Second
	if due {
		c.warned[kind] = time.Now()
	}
	c.mu.Unlock()
	if due {
		c.log.Warn().Err(err).Str("for", kind+" "+what).Str("brokers", strings.Join(c.cfg.Brokers, ",")).Msg("waiting for kafka")
	}
}

// topic returns the layout of one topic from the transport's cache. The error is a
// network error while no broker answers, kafka.UnknownTopicOrPartition when there is no
// such topic.
func (c *Client) topic(ctx context.Context, name string) (kafka.Topic, error) {
	md, err := c.api.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{name}})
	if err != nil {
		return kafka.Topic{}, err
	}
	if len(md.Topics) != 1 {
		return kafka.Topic{}, kafka.UnknownTopicOrPartition
	}
	if err := md.Topics[0].Error; err != nil {
		return kafka.Topic{}, err
	}
	if len(md.Topics[0].Partitions) == 0 {
		return kafka.Topic{}, kafka.LeaderNotAvailable
	}
	return md.Topics[0], nil
}

// Partitions returns how many partitions topic has. It waits for an absent broker or
// topic until ctx ends.
func (c *Client) Partitions(ctx context.Context, topic string) (n int, err error) {
	err = c.retry(ctx, "partitions of", topic, func(ctx context.Context) error {
		t, err := c.topic(ctx, topic)
		n = len(t.Partitions)
		return err
	})
	return n, err
}

// retry calls fn until it succeeds, fails for good (errPermanent) or ctx ends.
func (c *Client) retry(ctx context.Context, kind, what string, fn func(context.Context) error) error {
	var pause backoff
	for {
		attempt, cancel := context.WithTimeout(ctx, c.cfg.RequestTimeout)
		err := fn(attempt)
		cancel()
		var permanent errPermanent
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &permanent):
			return permanent.error
		case errors.Is(err, errSoon):
		default:
			c.waiting(kind, what, err)
			c.refresh()
		}
		if pause.wait(ctx) != nil {
			return ctx.Err()
		}
	}
}

// errSoon makes retry call again without a word.
var errSoon = errors.New("not yet")

// errPermanent marks an error that retry does not wait out.
type errPermanent struct{ error }

// backoff is a pause that doubles from 50 ms to 2 s.
type backoff struct{ last time.Duration }

func (b *backoff) reset() { b.last = 0 }

func (b *backoff) wait(ctx context.Context) error {
	b.last = min(max(2*b.last, 50*time.Millisecond), 2*time.Second)
	return sleep(ctx, b.last)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
