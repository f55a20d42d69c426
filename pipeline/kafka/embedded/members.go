package embedded

import (
	"context"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// members takes dead members out of consumer groups where kfake forgets to: a member whose
// connection is gone when a rebalance answers its join gets no session timer, and would
// hold its partitions for ever. That is a process killed while it waits to join.
type members struct {
	mu     sync.Mutex
	groups map[string]*groupLife
}

// groupLife is what was heard of a group.
type groupLife struct {
	session time.Duration        // the longest session time-out that a member asked for
	heard   map[string]time.Time // by member id: its last request, or when it was first seen
}

const (
	memberCheck    = time.Second
	defaultSession = 45 * time.Second // Kafka's own, for a group that was there before us
	evictTimeout   = 5 * time.Second
)

// observe has every request heard by which a member shows that it lives. It never answers
// one.
func (b *Broker) observe() {
	for _, key := range []int16{(*kmsg.JoinGroupRequest)(nil).Key(), (*kmsg.SyncGroupRequest)(nil).Key(), (*kmsg.HeartbeatRequest)(nil).Key()} {
		b.cluster.ControlKey(key, func(r kmsg.Request) (kmsg.Response, error, bool) {
			switch r := r.(type) {
			case *kmsg.JoinGroupRequest:
				b.members.hear(r.Group, r.MemberID, time.Duration(r.SessionTimeoutMillis)*time.Millisecond)
			case *kmsg.SyncGroupRequest:
				b.members.hear(r.Group, r.MemberID, 0)
			case *kmsg.HeartbeatRequest:
				b.members.hear(r.Group, r.MemberID, 0)
			}
			return nil, nil, false
		})
	}
}

func (m *members) hear(group, member string, session time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.groups[group]
	if g == nil {
		g = &groupLife{heard: make(map[string]time.Time)}
		m.groups[group] = g
	}
	g.session = max(g.session, session)
	if member != "" {
		g.heard[member] = time.Now()
	}
}

// silent returns the members, among those that a stable group has, that were not heard of
// for longer than the session time-out. It forgets members that are gone.
func (m *members) silent(group string, now time.Time, have []string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.groups[group]
	session := g.session
	if session == 0 {
		session = defaultSession
	}
	var out []string
	still := make(map[string]time.Time, len(have))
	for _, id := range have {
		last, ok := g.heard[id]
		if !ok {
			last = now
		}
		still[id] = last
		if now.Sub(last) > session {
			out = append(out, id)
		}
	}
	g.heard = still
	return out
}

func (m *members) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]string, 0, len(m.groups))
	for name := range m.groups {
		out = append(out, name)
	}
	return out
}

func (m *members) forget(group string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.groups, group)
}

// watchMembers evicts silent members until the broker stops.
func (b *Broker) watchMembers() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(b.addr), Timeout: evictTimeout, Transport: transport}
	tick := time.NewTicker(memberCheck)
	defer tick.Stop()
	for {
		select {
		case <-b.stop:
			return
		case <-tick.C:
		}
		for _, group := range b.members.names() {
			info := b.cluster.GroupInfo(group)
			if info == nil || len(info.Members) == 0 {
				b.members.forget(group)
				continue
			}
			if info.State != "Stable" {
				continue // a rebalance has time-outs of its own
			}
			have := make([]string, len(info.Members))
			for i := range info.Members {
				have[i] = info.Members[i].MemberID
			}
			for _, id := range b.members.silent(group, time.Now(), have) {
				// A failure shows itself: the member is still there at the next check.
				_, _ = client.LeaveGroup(ctx, &kafka.LeaveGroupRequest{GroupID: group, Members: []kafka.LeaveGroupRequestMember{{ID: id}}})
			}
		}
	}
}
