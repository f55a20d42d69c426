package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"foghorn/pipeline"
)

// GroupConfig says what a consumer group reads and how soon a lost member is noticed.
type GroupConfig struct {
	// Group is the group's name, Topics what it reads.
	Group  string
	Topics []string
	// SessionTimeout is how long after its last heartbeat a member counts as lost; the
	// broker has a lower bound, 6 s unless configured. Default 6 s.
	SessionTimeout time.Duration
	// HeartbeatInterval is also how soon the members learn of a rebalance. Default 1 s.
	HeartbeatInterval time.Duration
	// RebalanceTimeout is how long the members have to end their claims and join again.
	// One that takes longer than SessionTimeout for it is dropped. Default 10 s.
	RebalanceTimeout time.Duration
	// CommitInterval is how often commits are sent, all claims' together. Default 200 ms.
	CommitInterval time.Duration
	// WatchInterval is how often the number of partitions is compared, so that a topic
	// that grows or is made later is read. Default 5 s.
	WatchInterval time.Duration
}

// DefaultGroupConfig returns the defaults, without group and topics.
func DefaultGroupConfig() GroupConfig {
	return GroupConfig{
		SessionTimeout: 6 * time.Second, HeartbeatInterval: time.Second, RebalanceTimeout: 10 * time.Second,
		CommitInterval: 200 * time.Millisecond, WatchInterval: 5 * time.Second,
	}
}

// Validate reports all faults of c at once.
func (c GroupConfig) Validate() error {
	var errs []error
	if c.Group == "" {
		errs = append(errs, errors.New("group: no name"))
	}
	if len(c.Topics) == 0 {
		errs = append(errs, errors.New("group: no topics"))
	}
	if c.HeartbeatInterval <= 0 || c.HeartbeatInterval > c.SessionTimeout/2 {
		errs = append(errs, fmt.Errorf("group: heartbeat every %v, want at most half the session time-out of %v", c.HeartbeatInterval, c.SessionTimeout))
	}
	if c.RebalanceTimeout < time.Second {
		errs = append(errs, fmt.Errorf("group: rebalance time-out %v, want 1s or more", c.RebalanceTimeout))
	}
	if c.CommitInterval <= 0 || c.WatchInterval <= 0 {
		errs = append(errs, errors.New("group: commit and watch intervals must be above 0"))
	}
	return errors.Join(errs...)
}

func (c GroupConfig) withDefaults() GroupConfig {
	d := DefaultGroupConfig()
	for _, f := range []struct{ have, or *time.Duration }{
		{&c.SessionTimeout, &d.SessionTimeout},
		{&c.HeartbeatInterval, &d.HeartbeatInterval},
		{&c.RebalanceTimeout, &d.RebalanceTimeout},
		{&c.CommitInterval, &d.CommitInterval},
		{&c.WatchInterval, &d.WatchInterval},
	} {
		if *f.have == 0 {
			*f.have = *f.or
		}
	}
	return c
}

// Group implements pipeline.Source as a consumer group.
type Group struct {
	client *Client
	cfg    GroupConfig
}

// Group returns a Group. It starts nothing. A fault in cfg (GroupConfig.Validate) is the
// error of Run.
func (c *Client) Group(cfg GroupConfig) *Group {
	return &Group{client: c, cfg: cfg.withDefaults()}
}

// Run implements pipeline.Source. When the group's members change, the claims of all
// members end: their ctx is cancelled, work returns, what it committed is sent while the
// old generation still counts, and only then does this member join the next one. A claim
// whose work returned an error is made again from its committed offset after a pause,
// while the others go on; one whose work returned nil early rests until the next
// rebalance.
func (g *Group) Run(ctx context.Context, work func(context.Context, pipeline.Claim) error) error {
	if err := g.cfg.Validate(); err != nil {
		return err
	}
	conns := &connSet{dialer: net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}, open: make(map[net.Conn]struct{})}
	members, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                g.cfg.Group,
		Brokers:           g.client.cfg.Brokers,
		Topics:            g.cfg.Topics,
		Dialer:            g.client.dialer(conns),
		GroupBalancers:    []kafka.GroupBalancer{kafka.RangeGroupBalancer{}},
		SessionTimeout:    g.cfg.SessionTimeout,
		HeartbeatInterval: g.cfg.HeartbeatInterval,
		RebalanceTimeout:  g.cfg.RebalanceTimeout,
		JoinGroupBackoff:  500 * time.Millisecond,
		StartOffset:       kafka.FirstOffset,
	})
	if err != nil {
		return fmt.Errorf("group %s: %w", g.cfg.Group, err)
	}
	var claims sync.WaitGroup
	for ctx.Err() == nil {
		known := g.countPartitions(ctx)
		generation, err := members.Next(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			// Also the first join of a new cluster, while __consumer_offsets is made. The
			// library itself pauses before it tries again.
			g.client.waiting("group", g.cfg.Group, err)
		default:
			g.client.stats.rebalances.Add(1)
			g.serve(ctx, generation, known, work, &claims)
		}
	}
	g.leave(members, conns, &claims)
	return nil
}

// serve starts everything that lives as long as the generation. None of it may return
// before the generation is done, as the library would take that for its end.
func (g *Group) serve(ctx context.Context, generation *kafka.Generation, known map[string]int, work func(context.Context, pipeline.Claim) error, claims *sync.WaitGroup) {
	commits := &committer{group: g, generation: generation, due: make(map[string]map[int]int64)}
	n := 0
	for topic, assigned := range generation.Assignments {
		for _, p := range assigned {
			n++
			claims.Add(1)
			generation.Start(func(over context.Context) {
				defer func() { <-over.Done() }()
				defer claims.Done()
				if over.Err() != nil {
					return // it was over before it began
				}
				ctx, cancel := context.WithCancel(ctx)
				defer context.AfterFunc(over, cancel)()
				defer cancel()
				g.hold(ctx, commits, topic, p, work)
				commits.flush()
			})
		}
	}
	generation.Start(commits.run)
	generation.Start(func(over context.Context) { g.watch(over, known) })
	g.client.log.Info().Str("group", g.cfg.Group).Int32("generation", generation.ID).Int("partitions", n).Msg("joined group")
}

// hold works on one partition until ctx ends.
func (g *Group) hold(ctx context.Context, commits *committer, topic string, p kafka.PartitionAssignment, work func(context.Context, pipeline.Claim) error) {
	log := g.client.log.With().Str("group", g.cfg.Group).Str("topic", topic).Int("partition", p.ID).Logger()
	next := p.Offset
	if next < 0 { // nothing committed
		err := g.client.retry(ctx, "start of", fmt.Sprintf("%s/%d", topic, p.ID), func(ctx context.Context) error {
			ends, err := g.client.rangeOf(ctx, topic, p.ID)
			next = ends.Low
			return err
		})
		if err != nil {
			return
		}
	}
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		c := &claim{reader: g.client.newReader(topic, p.ID, next), commits: commits}
		err := work(ctx, c)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			<-ctx.Done()
			return
		}
		if c.start > next {
			next, pause = c.start, time.Second // it got further: not the same fault
		}
		log.Error().Err(err).Dur("pause", pause).Int64("offset", next).Msg("claim failed, starts again from its committed offset")
		if sleep(ctx, pause) != nil {
			return
		}
	}
}

// countPartitions returns what the layout says now; topics that are absent have 0.
func (g *Group) countPartitions(ctx context.Context) map[string]int {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	known := make(map[string]int)
	for _, name := range g.cfg.Topics {
		if t, err := g.client.topic(ctx, name); err == nil {
			known[name] = len(t.Partitions)
		} else if !errors.Is(err, kafka.UnknownTopicOrPartition) {
			known[name] = 1 << 30 // cannot tell: no reason to join again
		}
	}
	return known
}

// watch ends the generation by returning when a topic has more partitions than were known
// before it was joined, so that they are assigned too.
func (g *Group) watch(over context.Context, known map[string]int) {
	ticker := time.NewTicker(g.cfg.WatchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-over.Done():
			return
		case <-ticker.C:
		}
		for name, n := range g.countPartitions(over) {
			switch {
			case n == 1<<30:
			case known[name] == 1<<30:
				known[name] = n
			case n > known[name]:
				g.client.log.Info().Str("group", g.cfg.Group).Str("topic", name).Int("partitions", n).Msg("topic has grown, joining again")
				return
			}
		}
	}
}

// leave ends the membership. The claims end first and send their commits. A join under
// way waits at the broker for up to RebalanceTimeout; closing its connection ends that.
func (g *Group) leave(members *kafka.ConsumerGroup, conns *connSet, claims *sync.WaitGroup) {
	claims.Wait()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = members.Close() // always nil
	}()
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	for {
		select {
		case <-closed:
			return
		case <-timer.C:
			conns.closeAll()
			timer.Reset(time.Second)
		}
	}
}

func (c *Client) dialer(conns *connSet) *kafka.Dialer {
	return &kafka.Dialer{
		ClientID: c.cfg.ClientID, Timeout: dialTimeout, DialFunc: conns.dial,
		TLS: c.cfg.TLS, SASLMechanism: c.cfg.sasl(),
	}
}

// connSet knows the open connections of a group's member.
type connSet struct {
	dialer net.Dialer
	mu     sync.Mutex
	open   map[net.Conn]struct{}
}

func (s *connSet) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := s.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c] = struct{}{}
	return &trackedConn{Conn: c, set: s}, nil
}

func (s *connSet) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		_ = c.Close() // its user gets the error
	}
}

type trackedConn struct {
	net.Conn
	set *connSet
}

// Close closes the connection and forgets it.
func (c *trackedConn) Close() error {
	c.set.mu.Lock()
	delete(c.set.open, c.Conn)
	c.set.mu.Unlock()
	return c.Conn.Close()
}
