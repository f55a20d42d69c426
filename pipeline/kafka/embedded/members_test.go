package embedded_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"foghorn/pipeline/kafka/embedded"
)

// TestAMemberKilledWhileItJoinsDoesNotKeepItsPlace speaks the protocol itself: one member
// leads the group, a second dies while it waits to join, a third joins. Which of the two is
// made the leader is chance, and only a dead follower was forgotten: hence four groups.
func TestAMemberKilledWhileItJoinsDoesNotKeepItsPlace(t *testing.T) {
	t.Parallel()
	b, err := embedded.Start(embedded.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, group := range []string{"a", "b", "c", "d"} {
		t.Run(group, func(t *testing.T) {
			t.Parallel()
			joinBesideDead(t, b.Addr(), group)
		})
	}
}

func joinBesideDead(t *testing.T, addr, group string) {
	first, dead, live := dialRaw(t, addr), dialRaw(t, addr), dialRaw(t, addr)
	first.send(t, join(group))
	leader := first.receive(t, join(group)).(*kmsg.JoinGroupResponse)
	first.send(t, syncGroup(group, leader))
	first.receive(t, syncGroup(group, leader))

	dead.send(t, join(group))
	live.send(t, join(group))
	waitFor(t, first, group, 3) // both wait to join: the first has not answered the rebalance
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	// The broker has to see the end of the connection before it answers the joins. Nothing
	// shows when it has; too short a time makes the test weaker, not wrong.
	time.Sleep(200 * time.Millisecond)
	leave := kmsg.NewPtrLeaveGroupRequest()
	leave.Group, leave.MemberID = group, leader.MemberID
	first.send(t, leave)
	first.receive(t, leave)

	// The live one joins, again and again as the group asks it to, until it is alone.
	deadline := time.Now().Add(40 * time.Second)
	for member := ""; ; {
		ask := join(group)
		ask.MemberID = member
		if member != "" {
			live.send(t, ask)
		}
		joined := live.receive(t, ask).(*kmsg.JoinGroupResponse)
		if joined.ErrorCode != 0 {
			t.Fatalf("join: error code %d", joined.ErrorCode)
		}
		member = joined.MemberID
		live.send(t, syncGroup(group, joined))
		live.receive(t, syncGroup(group, joined))
		beat := kmsg.NewPtrHeartbeatRequest()
		beat.Group, beat.MemberID, beat.Generation = group, member, joined.Generation
		for stable := true; stable; {
			if members(t, live, group) == 1 {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("the dead member is still in the group")
			}
			time.Sleep(100 * time.Millisecond)
			live.send(t, beat)
			stable = live.receive(t, beat).(*kmsg.HeartbeatResponse).ErrorCode == 0
		}
	}
}

func join(group string) *kmsg.JoinGroupRequest {
	r := kmsg.NewPtrJoinGroupRequest()
	r.Version = 1 // as kafka-go
	r.Group, r.SessionTimeoutMillis, r.RebalanceTimeoutMillis, r.ProtocolType = group, 6000, 2000, "consumer"
	p := kmsg.NewJoinGroupRequestProtocol()
	p.Name = "range"
	r.Protocols = append(r.Protocols, p)
	return r
}

func syncGroup(group string, joined *kmsg.JoinGroupResponse) *kmsg.SyncGroupRequest {
	r := kmsg.NewPtrSyncGroupRequest()
	r.Group, r.MemberID, r.Generation = group, joined.MemberID, joined.Generation
	return r
}

// members returns how many members the group has.
func members(t *testing.T, c *rawConn, group string) int {
	t.Helper()
	r := kmsg.NewPtrDescribeGroupsRequest()
	r.Groups = []string{group}
	c.send(t, r)
	return len(c.receive(t, r).(*kmsg.DescribeGroupsResponse).Groups[0].Members)
}

func waitFor(t *testing.T, c *rawConn, group string, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); members(t, c, group) != n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the group never had %d members", n)
		}
	}
}

// rawConn sends one request after the other.
type rawConn struct {
	net.Conn
	sent int32
}

func dialRaw(t *testing.T, addr string) *rawConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // may be closed
	return &rawConn{Conn: c}
}

func (c *rawConn) send(t *testing.T, r kmsg.Request) {
	t.Helper()
	c.sent++
	if _, err := c.Write(kmsg.NewRequestFormatter().AppendRequest(nil, r, c.sent)); err != nil {
		t.Fatal(err)
	}
}

// receive reads the answer to r, which is of a version without flexible fields.
func (c *rawConn) receive(t *testing.T, r kmsg.Request) kmsg.Response {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var head [8]byte // size, correlation id
	if _, err := io.ReadFull(c, head[:]); err != nil {
		t.Fatalf("answer to %T: %v", r, err)
	}
	body := make([]byte, binary.BigEndian.Uint32(head[:])-4)
	if _, err := io.ReadFull(c, body); err != nil {
		t.Fatalf("answer to %T: %v", r, err)
	}
	answer := r.ResponseKind()
	if err := answer.ReadFrom(body); err != nil {
		t.Fatalf("answer to %T: %v", r, err)
	}
	return answer
}
